import type { Timer, Timers } from '@ringtail/base';
import type { AbortReason, GoodbyeMessage, ProcessEnd } from '@ringtail/protocol';
import type { ApplicationProcess } from '../model/application-process.ts';
import type { OomCounter, OomLedger } from './oom-kills.ts';
import { processEndOf } from './process-end.ts';
import type { ProcessHandle } from './process-handle.ts';

/** An ended process of a user. */
export interface EndedProcess {
  readonly process: ApplicationProcess;
  readonly uid: number;
  readonly end: ProcessEnd;
}
export type EndListener = (ended: EndedProcess) => void;

interface Watched {
  readonly uid: number;
  readonly handle: ProcessHandle;
  readonly oomCounter: OomCounter | undefined;
  goodbye: GoodbyeMessage | undefined;
  abort: AbortReason | null;
}

export interface ProcessExitsOptions {
  readonly oomKills: OomLedger;
  readonly timers: Timers;
}

/** A process closes its sockets a moment before it has ended: on a busy machine that moment can be long. */
const ENDING_MS_MAX = 3000;
/** The kernel reports how a process ended once its parent has asked. */
const UNTOLD_MS_MAX = 200;
const CHECK_PERIOD_MS = 2;
/** Period once a process has taken longer than most do. */
const PATIENT_PERIOD_MS = 20;

/**
 * Finds out how processes end, once they have no registered thread any more.
 *
 * The kernel gives the status through the descriptor of the process after its parent has waited for it (Linux 6.15),
 * and in `/proc` before that. Without the descriptor, a parent that waits at once is faster than this daemon: the
 * cause is `unknown`.
 */
export class ProcessExits {
  readonly #options: ProcessExitsOptions;
  readonly #watched = new Map<ApplicationProcess, Watched>();
  readonly #listeners = new Set<EndListener>();
  readonly #leaving = new Set<Timer>();
  #closed = false;

  constructor(options: ProcessExitsOptions) {
    this.#options = options;
  }

  /** @param open called if the process is not known yet. */
  registered(process: ApplicationProcess, uid: number, open: () => ProcessHandle): void {
    if (this.#watched.has(process)) return;
    const handle = open();
    const oomCounter = this.#options.oomKills.watch(process.pid);
    this.#watched.set(process, { uid, handle, oomCounter, goodbye: undefined, abort: null });
  }

  goodbye(process: ApplicationProcess, message: GoodbyeMessage): void {
    const watched = this.#watched.get(process);
    if (watched !== undefined) watched.goodbye = message;
  }

  /** The main thread of a process has gone, and had marked that it was about to abort for this reason. */
  aborting(process: ApplicationProcess, reason: AbortReason): void {
    const watched = this.#watched.get(process);
    if (watched !== undefined) watched.abort = reason;
  }

  /**
   * The last thread of a process has gone.
   *
   * @param then called once, soon, with the end of the process; undefined if the process goes on.
   */
  left(process: ApplicationProcess, then: (end: ProcessEnd | undefined) => void): void {
    const watched = this.#watched.get(process);
    if (watched === undefined) {
      then(undefined);
      return;
    }
    this.#watched.delete(process);
    if (this.#closed) {
      watched.handle.close();
      then(undefined);
      return;
    }
    const { timers } = this.#options;
    const leftMs = timers.nowMs();
    let untoldMs: number | undefined;
    const check = (): void => {
      const fate = watched.handle.fate();
      const nowMs = timers.nowMs();
      if (fate.kind === 'untold') untoldMs ??= nowMs;
      const deadlineMs = untoldMs === undefined ? leftMs + ENDING_MS_MAX : untoldMs + UNTOLD_MS_MAX;
      if (fate.kind === 'ended' || nowMs >= deadlineMs) {
        then(this.#settle(process, watched, fate.kind === 'running' ? undefined : fate));
        return;
      }
      const periodMs = nowMs - leftMs < UNTOLD_MS_MAX ? CHECK_PERIOD_MS : PATIENT_PERIOD_MS;
      const timer = timers.after(periodMs, () => {
        this.#leaving.delete(timer);
        check();
      });
      this.#leaving.add(timer);
    };
    check();
  }

  /** Adds a listener to the ends of all processes. @returns removes it */
  onEnd(listener: EndListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Removes all listeners. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#leaving) timer.cancel();
    this.#leaving.clear();
    this.#listeners.clear();
  }

  #settle(
    process: ApplicationProcess,
    { uid, handle, oomCounter, goodbye, abort }: Watched,
    fate: { readonly status?: number | undefined } | undefined,
  ): ProcessEnd | undefined {
    handle.close();
    const { oomKills } = this.#options;
    let end: ProcessEnd | undefined;
    // A process that said goodbye is about to end, even if that takes long.
    if (fate !== undefined || goodbye !== undefined) {
      const oomKilled = (): boolean => oomCounter !== undefined && oomKills.claim(oomCounter);
      end = processEndOf({ status: fate?.status, goodbye, abort, oomKilled });
    }
    if (oomCounter !== undefined) oomKills.release(oomCounter);
    if (end !== undefined) for (const listener of this.#listeners) listener({ process, uid, end });
    return end;
  }
}
