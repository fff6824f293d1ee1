import type { Notification, ProcessEnd, TriggerReport } from '@ringtail/protocol';
import { isRunning } from '../daemon/daemon.ts';

/** A registered process that has ended. */
export interface EndedProcess {
  readonly pid: number;
  readonly program: string;
  readonly end: ProcessEnd;
}

export interface ProcessListeners {
  readonly ended: (process: EndedProcess) => void;
  readonly fired: (report: TriggerReport) => void;
}

const LOOK_PERIOD_MS = 5;

/** Follows registered processes by the notifications of the session daemon. */
export class ProcessWatch {
  readonly ends = new Map<number, ProcessEnd>();
  /** Number of registered threads. */
  readonly #threads = new Map<number, Set<number>>();
  readonly #listeners: ProcessListeners;

  constructor(listeners: ProcessListeners) {
    this.#listeners = listeners;
  }

  /** Reads notifications until the connection ends. */
  async follow(notifications: AsyncIterable<Notification>): Promise<void> {
    for await (const notification of notifications) this.take(notification);
  }

  take(notification: Notification): void {
    switch (notification.kind) {
      case 'application-registered': {
        const { pid, tid } = notification;
        this.#threads.set(pid, (this.#threads.get(pid) ?? new Set()).add(tid));
        break;
      }
      case 'application-gone': {
        const { pid, tid, program, end } = notification;
        this.#threads.get(pid)?.delete(tid);
        if (this.#threads.get(pid)?.size === 0) this.#threads.delete(pid);
        if (end === undefined) break;
        this.ends.set(pid, end);
        this.#listeners.ended({ pid, program, end });
        break;
      }
      case 'trigger-fired':
        this.#listeners.fired(notification.report);
        break;
    }
  }

  /** Waits until the daemon has reported the end of all processes, at most this long. */
  async settled(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    while ([...this.#threads.keys()].some((pid) => !isRunning(pid)) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_PERIOD_MS));
    }
  }
}
