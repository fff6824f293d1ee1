import { closeSync } from 'node:fs';
import type { PeerCredentials } from '@ringtail/posix';
import type { ProcessEnd } from '@ringtail/protocol';
import type { RecordedThread } from '../../../model/application-process.ts';
import { processHandle } from '../../../process-exits/process-handle.ts';
import type { CountingThread } from '../../../triggers/counters/thread-counters.ts';
import { TracepointLists } from '../part/tracepoint-lists.ts';
import { ControlFile, controlBytesOf } from '../publishing/control-file.ts';
import type { TraceKeeper } from '../recording/trace-keeper.ts';
import { Application, type ApplicationServices, type SharedByThreads } from './application.ts';
import type { Applications } from './applications.ts';
import { controlFileName } from './closed-descriptors.ts';
import { ProcessTable } from './process-table.ts';
import { checkControlFile } from './received-files.ts';
import type { Register, RegisterUnable } from './registration.ts';

export interface ApplicationServiceOptions extends ApplicationServices {
  readonly applications: Applications;
  readonly traces: TraceKeeper;
  /** Called when a process has registered, or has reported why it cannot. */
  readonly onHeardOf: (pid: number) => void;
  readonly now: () => Date;
}

/** Registers threads, and reports programs that cannot be recorded. */
export class ApplicationService {
  readonly #options: ApplicationServiceOptions;
  readonly #processes: ProcessTable;
  readonly #shared: SharedByThreads;

  constructor(options: ApplicationServiceOptions) {
    this.#options = options;
    this.#shared = { declarations: new Map(), lists: new TracepointLists(options.kept) };
    this.#processes = new ProcessTable(options.now);
  }

  /** @throws {PeerRefusal} The control file's descriptor belongs to the service in any case. */
  register: Register = (peer, message, controlFile, connection) => {
    const { posix, parts, applications, traces, publisher, exits, triggers, notifications, troubles, log } =
      this.#options;
    this.#options.onHeardOf(peer.pid);
    troubles.registered(peer.pid);
    let thread: RecordedThread | undefined;
    let counting: CountingThread | undefined;
    try {
      checkControlFile(posix, controlFile);
      const control = new ControlFile(controlBytesOf(controlFile), message.slot);
      thread = { pid: peer.pid, uid: peer.uid, gid: peer.gid, process: this.#processes.join(peer, message) };
      exits.registered(thread.process, peer.uid, () => processHandle(posix, peer.pid, connection.openProcess()));
      for (const part of parts.all()) {
        // A refusal is a trouble of the session: the application is not at fault.
        if (part.session.active) void traces.open(part, [thread]).catch(() => {});
      }
      counting = countingThread(thread, message.slot, controlFile);
      triggers.threadRegistered(counting);
      const subscriber = { thread, slot: message.slot, controlFile: control, ...connection };
      publisher.add(subscriber);
      const application: Application = new Application(this.#options, this.#shared, {
        message,
        thread,
        counting,
        subscriber,
        informed: traces.prepared(thread)?.then(() => publisher.published()),
        controlFile: controlFileName(controlFile),
        onEnded: (then) => {
          applications.remove(application);
          const abort = message.mainThread ? control.abortReason() : null;
          if (abort !== null) exits.aborting(application.thread.process, abort);
          closeSync(controlFile);
          this.#leave(application.thread, then);
        },
      });
      applications.add(application);
      for (const { seen } of parts.all()) seen.add(application.withTracepoints());
      const { pid, tid, procname } = message;
      const { program } = thread.process;
      notifications.publish({ kind: 'application-registered', pid, tid, procname, program }, peer.uid);
      log.of(peer.uid, 'registrations').info(`registered ${application.name} of user ${peer.uid}: ${message.runtime}`);
      return application;
    } catch (error) {
      if (counting !== undefined) triggers.threadEnded(counting);
      if (thread !== undefined) this.#leave(thread, () => {});
      closeSync(controlFile);
      throw error;
    }
  };

  registerUnable: RegisterUnable = (peer, { program: name, reason }) => {
    const { troubles, onHeardOf, log } = this.#options;
    onHeardOf(peer.pid);
    const sentence = `process ${peer.pid} (${name}) is not recorded: ${reason} (NO_TRACER)`;
    log.of(peer.uid, 'programs that cannot be recorded').warn(sentence);
    const program = { ...peer };
    troubles.addStanding(program, sentence);
    return () => troubles.forget(program);
  };

  /** Reports a thread that asked to be recorded and was refused. */
  refused = ({ pid, ...user }: PeerCredentials, why: string, program: string | undefined): void => {
    this.#options.onHeardOf(pid);
    const name = program === undefined ? '' : ` (${program})`;
    this.#options.troubles.add({ pid, ...user }, `process ${pid}${name} is not recorded: ${why} (REFUSED)`);
  };

  /** Reports programs whose user has too many. The sentence has no process numbers: a thousand programs share it. */
  shareUsedUp = (peer: PeerCredentials, share: string): void => {
    this.#options.onHeardOf(peer.pid);
    const sentence = `programs of user ${peer.uid} are not recorded: ${share} is used up (SHARE_USED_UP)`;
    this.#options.troubles.addRefused({ ...peer }, sentence);
  };

  /** @param then called once, soon, with how the process ended; with undefined if the process goes on */
  #leave({ process }: RecordedThread, then: (end: ProcessEnd | undefined) => void): void {
    const { parts, traces, exits } = this.#options;
    if (this.#processes.leave(process)) {
      for (const trace of parts.processEnded(process)) void traces.close(trace);
      exits.left(process, then);
    } else then(undefined);
  }
}

function countingThread({ uid, process }: RecordedThread, slot: number, controlFile: number): CountingThread {
  return {
    uid,
    slot,
    process,
    read: (bytes, position) => controlBytesOf(controlFile).read(bytes, position),
  };
}
