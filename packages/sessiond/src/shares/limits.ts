/** Limits of everything that peers can make the daemon keep. */
import { TRACKED_VALUES_MAX } from '@ringtail/protocol';

export const SESSIONS_MAX = 256;
/** Further sessions for root, whatever other users create. */
export const SESSIONS_ROOT_RESERVE = 16;
export const CHANNELS_PER_SESSION_MAX = 64;
export const RULES_PER_CHANNEL_MAX = 1024;
/** Values in all trackers of all sessions: several full trackers. */
export const ALL_TRACKED_VALUES_MAX = 8 * TRACKED_VALUES_MAX;
export const MAPS_PER_SESSION_MAX = 64;
/** Memory of a map without keys, besides the texts of its attributes. */
export const MAP_BYTES = 1024;
/** Memory of maps without keys and of snapshot outputs of all sessions: 30 sessions with the most of both. */
export const SESSION_PARTS_BYTES_MAX = 9 * 1024 * 1024;
export const SESSION_PARTS_ROOT_RESERVE = 1024 * 1024;
/**
 * Rows of one answer about maps, as JSON: some 250,000. The command line needs several times this memory to show them.
 */
export const MAP_ROWS_BYTES_MAX = 32 * 1024 * 1024;
/**
 * Desired state of all sessions and triggers together. With outdated lines of triggers, it is below the size of a
 * control file's area.
 */
export const DESIRED_STATE_BYTES_MAX = 6 * 1024 * 1024;
/** Further rules and triggers for root. */
export const DESIRED_STATE_ROOT_RESERVE = 256 * 1024;

/**
 * Desired states in the control files of all threads. Each counts for the user of its thread, whose processes may have
 * different ones. A user may have half: a thousand threads with 128 KiB of rules each.
 */
export const CONTROL_BYTES_MAX = 256 * 1024 * 1024;
export const CONTROL_BYTES_ROOT_RESERVE = 16 * 1024 * 1024;

/**
 * Event record classes of one channel of one trace, and the memory of each besides its description, which channels
 * share.
 */
export const EVENT_CLASSES_MAX = 65_536;
export const EVENT_CLASS_BYTES = 128;

export const TROUBLES_MAX = 64;
/** Fields with wrong values that a session names. The counts of further fields are added up. */
export const WRONG_FIELDS_MAX = 64;
/** Of the programs of one user. */
export const WRONG_FIELDS_PER_USER_MAX = 32;
/**
 * Numbers of unrecorded programs that a session remembers: all sentences about one program come within a moment, and
 * 65,536 numbers in each session would take half a gigabyte.
 */
export const PROGRAMS_REMEMBERED_MAX = 1024;
/** Refused programs that are remembered for sessions that are started later. */
export const REFUSED_PROGRAMS_MAX = 256;
/** Tracepoints that a session remembers of the applications it saw. */
export const TRACEPOINTS_SEEN_MAX = 4096;
/** Memory of the tracepoints that all sessions remember: 20 full sessions. */
export const SEEN_BYTES_MAX = 10 * 1024 * 1024;
export const SEEN_BYTES_ROOT_RESERVE = 2 * 1024 * 1024;

/**
 * Memory kept for all applications: lists of tracepoints, descriptions of events, captures, keys, troubles. 10,000
 * tracepoints take 3 MiB.
 */
export const KEPT_BYTES_MAX = 48 * 1024 * 1024;
export const KEPT_BYTES_ROOT_RESERVE = 8 * 1024 * 1024;

/** Fewer if the daemon may have few descriptors: see `planDescriptors`. */
export const APP_CONNECTIONS_MAX = 4096;
/** Further connections for root's programs. */
export const APP_CONNECTIONS_ROOT_RESERVE = 64;
/** Rate of connections of one user's applications: all at once, then as fast as processes start on a large machine. */
export const APP_CONNECTIONS_AT_ONCE_MAX = 4096;
export const APP_CONNECTIONS_PER_SECOND_MAX = 1000;
/** Time for which an application may hold a connection without registering. */
export const REGISTER_TIMEOUT_MS = 10_000;
/** The first message of an application: a dozen short texts and numbers. */
export const REGISTER_FRAME_BYTES_MAX = 16 * 1024;
/**
 * Time for a begun frame to end. A program that computes without a pause sends the second half of a frame once it
 * returns to its event loop, so this is more than the kernel would need.
 */
export const FRAME_TIMEOUT_MS = 30_000;
/** Begun frames and unread answers of all applications: several whole frames for each of the first users. */
export const APP_BYTES_MAX = 24 * 1024 * 1024;
/** One whole frame. */
export const APP_BYTES_ROOT_RESERVE = 4 * 1024 * 1024 + 64;
/** Rings that one thread may announce in its life. */
export const RINGS_PER_APPLICATION_MAX = 4096;
/** Unread answers of one application. */
export const APP_UNREAD_BYTES_MAX = 1024 * 1024;

/** Fewer if the daemon may have few descriptors: see `planDescriptors`. */
export const CLIENT_CONNECTIONS_MAX = 128;
/** One slot in this number is reserved for clients of root, and at least two. */
export const CLIENT_ROOT_RESERVE_RATIO = 8;
/** Rate of connections of one user's clients: more than scripts can run commands. */
export const CLIENT_CONNECTIONS_AT_ONCE_MAX = 512;
export const CLIENT_CONNECTIONS_PER_SECOND_MAX = 200;
/** Time for which a client may hold a slot without saying hello. */
export const HELLO_TIMEOUT_MS = 10_000;
export const HELLO_FRAME_BYTES_MAX = 4096;
/** Requests that a client sends ahead of the answers: one read. Beyond that its socket is not read. */
export const CLIENT_AHEAD_BYTES_MAX = 64 * 1024;
/** Clients without a slot that may still send a request and read the refusal, and the time for that. */
export const TURNED_AWAY_MAX = 32;
export const TURNED_AWAY_MS = 10_000;
/** Time for which an ending connection may keep its slot while the client does not read. */
export const LAST_ANSWER_MS = 1000;
/** Begun frames, unread answers and unread notifications of all clients: long answers for several users. */
export const CLIENT_BYTES_MAX = 24 * 1024 * 1024;
export const CLIENT_BYTES_ROOT_RESERVE = 8 * 1024 * 1024;
/** Notifications that wait for a client to read, as in LTTng. */
export const NOTIFICATIONS_AHEAD_MAX = 100;

export const LOG_FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Lines of one user about one topic in a period: enough to see a cause, too few to push other lines out of the log. */
export const LOG_LINES_PER_PEER_MAX = 20;
export const LOG_PERIOD_MS = 60_000;
/** Pairs of user and topic with a limit of their own at a time; further ones share one. */
export const LOG_PEERS_MAX = 4096;

export const SNAPSHOT_OUTPUTS_MAX = 64;
/**
 * Archives and snapshots that all sessions remember in order to remove them: some 250 bytes each. A user has at most
 * half of the number that others leave: archives of a minute for 22 days. Older ones are not removed.
 */
export const KEPT_ARCHIVES_MAX = 65_536;
/** Archives, or snapshots of one output, without limits: limits that are set later can concern these. */
export const KEPT_UNLIMITED_MAX = 256;
/** Rings of ended threads that are kept for the snapshots of one session, and their memory. */
export const ENDED_RINGS_MAX = 64;
export const ENDED_RINGS_BYTES_MAX = 256 * 1024 * 1024;

/** Buffers of all kernel channels have at most one part of this number of the machine's memory, */
export const KERNEL_MEMORY_RATIO = 4;
/** of which one part of this number is for root alone. */
export const KERNEL_ROOT_RESERVE_RATIO = 8;

/** A thousand for each of two users, beside the reserve. */
export const TRIGGERS_MAX = 2304;
/** Further triggers, and bytes, for root of a daemon of root. */
export const TRIGGERS_ROOT_RESERVE = 256;
/** Memory of the definitions of all triggers. */
export const TRIGGERS_BYTES_MAX = 24 * 1024 * 1024;
export const TRIGGERS_BYTES_ROOT_RESERVE = 2 * 1024 * 1024;
/** Captured values of a trigger's newest match, as JSON; further values are left out. */
export const CAPTURES_BYTES_MAX = 256 * 1024;
/** Programs and posts of one user's triggers: running at a time, and waiting for their turn. */
export const PROGRAMS_MAX = 16;
export const POSTS_MAX = 16;
export const ACTIONS_WAITING_MAX = 256;

/**
 * Descriptors on file systems that may never answer. They stay open, since closing may wait too; no tracer sends any.
 */
export const QUARANTINED_PER_USER_MAX = 8;

/**
 * Time for one call of a file system in a directory that a user chose: a disk that was spun down takes up to ten
 * seconds.
 */
export const HELPER_TIMEOUT_MS = 15_000;
/**
 * Helper processes of one user at a time, including helpers that hang: the second one serves a sound file system beside
 * one that hangs. More could be processes that cannot be killed.
 */
export const HELPERS_PER_USER_MAX = 2;
/** A consumer of a user without sessions ends after one to two of these periods. */
export const CONSUMER_IDLE_MS = 10_000;
/** A helper starts in a tenth of a second; on an overloaded machine, in seconds. */
export const HELPER_START_MS = 30_000;
/** Helpers that may end while they start, such as by a signal to all processes, before an operation fails. */
export const HELPERS_LOST_MAX = 2;
/** Time for a killed helper to end; one that takes longer hangs in the kernel. */
export const HELPER_END_MS = 1000;
/** An idle helper ends after this time, except the last one. */
export const HELPER_IDLE_MS = 10_000;
