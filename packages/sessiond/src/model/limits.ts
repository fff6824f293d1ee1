/** Bounds of everything that peers can make the daemon keep. */
export const SESSIONS_MAX = 256;
/** Sessions beyond these that root can create whatever other users do. */
export const SESSIONS_ROOT_RESERVE = 16;
export const CHANNELS_PER_SESSION_MAX = 64;
export const RULES_PER_CHANNEL_MAX = 1024;
export const CONTEXTS_PER_CHANNEL_MAX = 64;
export const TRACKED_VALUES_MAX = 65_536;
/** Of all trackers of all sessions: a few full ones. */
export const ALL_TRACKED_VALUES_MAX = 8 * TRACKED_VALUES_MAX;
export const MAPS_PER_SESSION_MAX = 64;
/** Memory of a map without keys, beside the texts of its attributes. */
export const MAP_BYTES = 1024;
/** Memory of maps without keys and of snapshot outputs of all sessions: those of 30 sessions with as many as there can be. */
export const SESSION_PARTS_BYTES_MAX = 9 * 1024 * 1024;
export const SESSION_PARTS_ROOT_RESERVE = 1024 * 1024;
/** Rows of one answer about maps, as JSON: some 250,000. The command line needs several times as much memory to show them. */
export const MAP_ROWS_BYTES_MAX = 32 * 1024 * 1024;
/** What the desired state of all sessions and triggers together may take; below the size of a control file's area. */
export const DESIRED_STATE_BYTES_MAX = 6 * 1024 * 1024;
/** Rules and triggers of root beyond these. */
export const DESIRED_STATE_ROOT_RESERVE = 256 * 1024;

/**
 * Desired states in the control files of all threads: each state counts for the user of its thread, whose processes may each
 * have another one. A user may have half: a thousand threads with 128 KiB of rules each.
 */
export const CONTROL_BYTES_MAX = 256 * 1024 * 1024;
export const CONTROL_BYTES_ROOT_RESERVE = 16 * 1024 * 1024;

/** Event record classes of one channel of one trace, and what each takes beside its description, which channels share. */
export const EVENT_CLASSES_MAX = 65_536;
export const EVENT_CLASS_BYTES = 128;

export const TROUBLES_MAX = 64;
/**
 * Programs that a session knows by number among all that it counts as not recorded: all sentences about one program come
 * within a moment, and 65,536 numbers in each session were half a gigabyte.
 */
export const PROGRAMS_REMEMBERED_MAX = 1024;
/** Programs that were refused, and are remembered for sessions that are started later. */
export const REFUSED_PROGRAMS_MAX = 256;
/** What a session remembers of the applications it saw. */
export const TRACEPOINTS_SEEN_MAX = 4096;
/** Memory of what all sessions remember: 20 times what one can. */
export const SEEN_BYTES_MAX = 10 * 1024 * 1024;
export const SEEN_BYTES_ROOT_RESERVE = 2 * 1024 * 1024;

/**
 * What all applications have the daemon keep: lists of tracepoints, descriptions of events, captures, keys, troubles. About as
 * many bytes of memory; 10,000 tracepoints take 3 MiB.
 */
export const KEPT_BYTES_MAX = 48 * 1024 * 1024;
export const KEPT_BYTES_ROOT_RESERVE = 8 * 1024 * 1024;

/** Fewer where the daemon may have few descriptors: see `planDescriptors`. */
export const APP_CONNECTIONS_MAX = 4096;
/** Connections that root's programs find whatever other users do. */
export const APP_CONNECTIONS_ROOT_RESERVE = 64;
/** How often one user's applications may connect: all that can be, then as fast as processes start on a large machine. */
export const APP_CONNECTIONS_AT_ONCE_MAX = 4096;
export const APP_CONNECTIONS_PER_SECOND_MAX = 1000;
/** How long an application may hold a connection without registering. */
export const REGISTER_TIMEOUT_MS = 10_000;
/** The first message of an application: a dozen short texts and numbers. */
export const REGISTER_FRAME_BYTES_MAX = 16 * 1024;
/**
 * How long a begun frame may take. A program that computes without a pause sends the second half of a frame once it comes
 * back to its event loop, so this is more than the kernel would need for it.
 */
export const FRAME_TIMEOUT_MS = 30_000;
/** Begun frames and unread answers of all applications: several whole frames for each of the first users. */
export const APP_BYTES_MAX = 24 * 1024 * 1024;
/** One whole frame. */
export const APP_BYTES_ROOT_RESERVE = 4 * 1024 * 1024 + 64;
/** Rings that one thread may announce in its life. */
export const RINGS_PER_APPLICATION_MAX = 4096;
/** Answers that one application does not read. */
export const APP_UNREAD_BYTES_MAX = 1024 * 1024;

/** Fewer where the daemon may have few descriptors: see `planDescriptors`. */
export const CLIENT_CONNECTIONS_MAX = 128;
/** Clients of root that find a place whatever other users do: one in so many places, and at least two. */
export const CLIENT_ROOT_RESERVE_RATIO = 8;
/** How often one user's clients may connect: more than scripts can run commands. */
export const CLIENT_CONNECTIONS_AT_ONCE_MAX = 512;
export const CLIENT_CONNECTIONS_PER_SECOND_MAX = 200;
/** How long a client may hold a place without saying hello. */
export const HELLO_TIMEOUT_MS = 10_000;
export const HELLO_FRAME_BYTES_MAX = 4096;
/** Requests that a client sends ahead of the answers: as much as is read at once; then it is read no more. */
export const CLIENT_AHEAD_BYTES_MAX = 64 * 1024;
/** Clients without a place that may still send a request and read why it is refused, and how long that may take. */
export const TURNED_AWAY_MAX = 32;
export const TURNED_AWAY_MS = HELLO_TIMEOUT_MS;
/** How long a client whose connection ends may leave its socket full: until then it keeps its place. */
export const LAST_ANSWER_MS = 1000;
/** Begun frames, unread answers and unread notifications of all clients: long answers for several users. */
export const CLIENT_BYTES_MAX = 24 * 1024 * 1024;
export const CLIENT_BYTES_ROOT_RESERVE = 8 * 1024 * 1024;
/** Notifications that wait for a client to read, as many as LTTng's. */
export const NOTIFICATIONS_AHEAD_MAX = 100;

export const LOG_FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Lines that one user causes about one thing in a period: enough to see a cause, too few to push other lines out of the log. */
export const LOG_LINES_PER_PEER_MAX = 20;
export const LOG_PERIOD_MS = 60_000;
/** Pairs of user and thing that have a limit of their own at a time; more share one. */
export const LOG_PEERS_MAX = 4096;

export const SNAPSHOT_OUTPUTS_MAX = 64;
/** Rings of threads that have ended, kept open for the snapshots of one session, and the memory that they take. */
export const ENDED_RINGS_MAX = 64;
export const ENDED_RINGS_BYTES_MAX = 256 * 1024 * 1024;

/** A thousand for each of two users, beside the reserve. */
export const TRIGGERS_MAX = 2304;
/** Triggers of these, and bytes, that root of a daemon of root can add whatever other users do. */
export const TRIGGERS_ROOT_RESERVE = 256;
/** Memory of all definitions of triggers. */
export const TRIGGERS_BYTES_MAX = 24 * 1024 * 1024;
export const TRIGGERS_BYTES_ROOT_RESERVE = 2 * 1024 * 1024;
/** Of what the newest match of a trigger captured, as JSON; what is beyond is left out. */
export const CAPTURES_BYTES_MAX = 256 * 1024;
/** Programs and posts of one user's triggers: at work at a time, and waiting for their turn. */
export const PROGRAMS_MAX = 16;
export const POSTS_MAX = 16;
export const ACTIONS_WAITING_MAX = 256;

/**
 * Descriptors of files on file systems that may never answer, kept open since even to close them may wait: no tracer sends any.
 */
export const QUARANTINED_PER_USER_MAX = 8;

/** How long a file system may take for one call in a directory that a user chose: a disk that was spun down takes up to ten seconds. */
export const PLACE_TIMEOUT_MS = 15_000;
/**
 * Helper processes at work for one user's directories, those included that hang: the second is for a command on a sound file
 * system beside one that hangs. More would be processes that nobody can kill.
 */
export const PLACE_HELPERS_PER_USER_MAX = 2;
/** A consumer of a user without sessions ends after one to two of these. */
export const CONSUMER_IDLE_MS = 10_000;
/** A helper starts in a tenth of a second; on a machine that is busy without measure, in some. */
export const PLACE_HELPER_START_MS = 30_000;
/** A helper that has been killed ends at once, unless it hangs in the kernel. */
export const PLACE_HELPER_END_MS = 1000;
/** After so long without work a helper ends, but for the last. */
export const PLACE_HELPER_IDLE_MS = 10_000;
