/** Commands about whole sessions. */
import { domainName } from '../model/domain.ts';
import { absolutePath, processNumber, sessionName } from '../model/names.ts';
import { retention } from '../model/retention.ts';
import { sessionStatistics } from '../model/statistics.ts';
import { clockKind, traceFormat } from '../model/trace.ts';
import { boolean, count, list, nothing, nullable, object, optional, type Shaped, text } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { command } from './command.ts';
import { sessionDescription } from './session-description.ts';
import { sessionDiagnosis } from './session-diagnosis.ts';

/** A path of PATH_MAX bytes, and 64 bytes for `--import` and the scheme of its URL. */
const PRELOAD_BYTES_MAX = 4096 + 64;

/** Parameters of `create-session` that a client need not choose. */
export const DEFAULT_SESSION = { shmPath: null, clock: 'monotonic', snapshot: false, format: null } as const;

/** Final statistics of a session. */
const destroyedSession = object({
  ...sessionStatistics.members,
  /**
   * Directory of the last trace chunk. Absent if the session was not rotated, or recorded nothing after its last
   * rotation.
   */
  archive: optional(text),
});
export type DestroyedSession = Shaped<typeof destroyedSession>;

/** Memory of one ring. */
const ringMemory = object({
  domain: domainName,
  channel: text,
  /** User, process and thread that own the ring. */
  uid: count,
  pid: count,
  tid: count,
  procname: text,
  program: text,
  /** Bytes of pages that the kernel holds for the ring now. */
  usedBytes: count,
  /** Bytes of all its sub-buffers. */
  ringBytes: count,
});
export type RingMemory = Shaped<typeof ringMemory>;

const onSession = { session: sessionName };

export const sessionCommands = {
  'create-session': command(
    {
      name: sessionName,
      /** null: the session writes only snapshots, each to a path of its own. */
      output: nullable(absolutePath),
      /**
       * Whether the session is restored. If its output holds a trace, a restored session writes to a new directory
       * beside it; any other session, to a new directory in it.
       */
      restored: optional(boolean),
      shmPath: nullable(absolutePath),
      clock: clockKind,
      /** Flight recorder: rings overwrite, and the session writes only snapshots. */
      snapshot: boolean,
      /** null: the daemon's default. */
      format: nullable(traceFormat),
      /** Limits of the archives, or of a flight recorder's snapshots in its output; absent: all stay. */
      retention: optional(retention),
    },
    object({ name: text, output: nullable(text) }),
  ),
  'start-session': command(onSession, nothing),
  /** Answers once everything committed before the stop is in the trace files. */
  'stop-session': command(onSession, sessionStatistics),
  'destroy-session': command(onSession, destroyedSession),
  /**
   * The same two, answered at once: the session records no longer, or no list has it any longer. The rest goes on in
   * the daemon; its failures are troubles of the session. Later commands on the session wait for it.
   */
  'begin-stop': command(onSession, nothing),
  'begin-destruction': command(onSession, nothing),
  'list-sessions': command({}, list(sessionDescription)),
  'session-statistics': command(onSession, sessionStatistics),
  /** Memory of the session's rings, those of ended threads included. */
  'session-memory': command(onSession, list(ringMemory)),
  /** Reasons why a session records nothing, as far as the daemon knows them. */
  'session-diagnosis': command(onSession, sessionDiagnosis),
  /**
   * While the session is active, adds a trouble for each program of a process tree that does not register. `preload` is
   * the option of Node.js that would make it register.
   */
  'watch-command': command({ ...onSession, pid: processNumber, preload: plainText(PRELOAD_BYTES_MAX) }, nothing),
};
