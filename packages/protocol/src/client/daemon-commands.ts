/** Commands about the session daemon itself. */
import { domainName } from '../model/domain.ts';
import { boolean, count, list, nothing, nullable, object, optional, type Shaped, text } from '../wire/shape.ts';
import { command } from './command.ts';
import { instrumentation } from './instrumentation.ts';

/** A consumer daemon, which writes the traces of one user's sessions. */
const consumerStatus = object({
  uid: count,
  /** null while the session daemon starts it again. */
  pid: nullable(count),
  restarts: count,
  /** Consumers in a row that hung and were given up: an output may be on a file system that hangs. */
  hangs: count,
});
export type ConsumerStatus = Shaped<typeof consumerStatus>;

const daemonStatus = object({
  pid: count,
  version: text,
  runDirectory: text,
  /** Group that the daemon was started with and that does not exist; null: it exists, or none was named. */
  missingGroup: nullable(text),
  /** ISO 8601. */
  startedAt: text,
  /** The consumer of the client's user, else of the daemon's own user. null while the daemon starts it again. */
  consumerPid: nullable(count),
  consumerRestarts: count,
  /** All consumers for root, the user's own for others. */
  consumers: list(consumerStatus),
  applications: count,
  sessions: count,
  /** Resident memory of the session daemon. */
  memoryBytes: count,
});
export type DaemonStatus = Shaped<typeof daemonStatus>;

export const daemonCommands = {
  hello: command({ protocol: count }, object({ daemonVersion: text, pid: count })),
  'daemon-status': command({}, daemonStatus),
  /**
   * Programs and events that a domain can record now. `fields` false leaves the fields of tracepoints out: few listings
   * show them, and they are most of the answer. `syscalls` true: system calls of the kernel in place of its
   * tracepoints.
   */
  'list-instrumentation': command(
    { domain: domainName, fields: boolean, syscalls: optional(boolean) },
    instrumentation,
  ),
  /** From the answer on, the daemon sends a `NotificationMessage` for each event. */
  subscribe: command({}, nothing),
  /** Destroys all sessions, then ends the daemon. */
  shutdown: command({}, nothing),
};
