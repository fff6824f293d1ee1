import type { PeerCredentials } from '@ringtail/posix';
import type { RegisterMessage } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../../model/application-process.ts';
import { processStartTime } from '../../../peers/process-identity.ts';
import { ProcessTracePaths } from '../part/trace-path.ts';

interface Entry {
  readonly identity: string;
  threads: number;
}

/** The processes with registered threads. */
export class ProcessTable {
  readonly #now: () => Date;
  readonly #byIdentity = new Map<string, ApplicationProcess>();
  readonly #entries = new Map<ApplicationProcess, Entry>();
  readonly #tracePaths = new ProcessTracePaths();
  #nextKey = 1;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Finds or adds the process of a thread that registers. */
  join(peer: PeerCredentials, message: RegisterMessage): ApplicationProcess {
    const identity = identityOf(peer, message);
    const known = this.#byIdentity.get(identity);
    const process = known ?? this.#newProcess(peer.pid, message);
    // A worker thread may register first, and knows only its own script.
    if (message.mainThread) process.program = message.program;
    if (known === undefined) {
      this.#byIdentity.set(identity, process);
      this.#entries.set(process, { identity, threads: 0 });
    }
    this.#entries.get(process)!.threads++;
    return process;
  }

  #newProcess(pid: number, { procname, program }: RegisterMessage): ApplicationProcess {
    const process = { pid, procname, program, since: this.#now() };
    return { key: this.#nextKey++, ...process, tracePath: this.#tracePaths.take(process) };
  }

  /** A thread of the process has gone. @returns whether it was the last one */
  leave(process: ApplicationProcess): boolean {
    const entry = this.#entries.get(process);
    if (entry === undefined || --entry.threads > 0) return false;
    this.#entries.delete(process);
    this.#byIdentity.delete(entry.identity);
    return true;
  }
}

/** A process in another namespace, which the daemon cannot see, is identified by the number that it reports. */
function identityOf({ pid, uid }: PeerCredentials, message: RegisterMessage): string {
  return `${uid} ${pid} ${processStartTime(pid) ?? `says ${message.pid}`}`;
}
