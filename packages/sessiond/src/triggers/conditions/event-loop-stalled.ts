import type { Timers } from '@ringtail/base';
import { Ticker } from '../../clock/ticker.ts';
import { isNamed, type RecordedThread } from '../../model/application-process.ts';
import { concernsUser } from '../../model/owner.ts';
import type { ConditionSource, Occurred, WatchedTrigger } from './condition-source.ts';

/** A registered thread whose event loop answers pings. */
export interface PingedThread {
  readonly thread: RecordedThread;
  readonly tid: number;
  /** Number of the newest ping that was answered. */
  readonly answered: number;
  /** Sends a ping. The answer has the same number, which is not 0. */
  look(turn: number): void;
}

export interface EventLoopStalledOptions {
  readonly threads: () => Iterable<PingedThread>;
  /** State of a process, as in `/proc`: `T` is stopped; undefined if it is not known. */
  readonly stateOf: (pid: number) => string | undefined;
  readonly timers: Timers;
}

/** A thread gets four pings in the shortest period of its triggers, but at most one in this time. */
const PINGS_PER_PERIOD = 4;
const PING_PERIOD_MS_MIN = 50;
/** A ping is a system call. Where there are more threads, they get their pings in turn. */
const PINGS_PER_TICK_MAX = 256;

interface Watch {
  readonly trigger: WatchedTrigger<'event-loop-stalled'>;
  readonly occurred: Occurred;
  readonly periodMs: number;
}

/** The event loop of a thread. */
interface Loop {
  /** Name of the program, by which `watches` were found. */
  program: string;
  /** Triggers about it, the shortest period first. */
  watches: readonly Watch[];
  /** Number of the ping that is not answered; 0 if there is none. */
  ping: number;
  pingedMs: number;
  /** Time without an answer at the last tick. */
  silentMs: number;
  /** Triggers that the stall has set off. */
  readonly setOff: Set<Watch>;
}

/**
 * `event-loop-stalled`: sends pings to threads, one at a time to each, so that nothing piles up in the socket of a
 * thread that does not read.
 *
 * A period counts from a ping, so a stall is detected within 1.5 periods. A stopped process (SIGSTOP, a debugger) is
 * stalled like any other, and the details say so.
 */
export class EventLoopStalled implements ConditionSource<'event-loop-stalled'> {
  readonly #options: EventLoopStalledOptions;
  readonly #ticker: Ticker;
  readonly #watches = new Set<Watch>();
  #loops = new Map<PingedThread, Loop>();
  /** By user and names of a process; cleared when triggers are added or removed. */
  readonly #watchesOf = new Map<string, readonly Watch[]>();
  #lastPing = 0;

  constructor(options: EventLoopStalledOptions) {
    this.#options = options;
    this.#ticker = new Ticker(options.timers, () => this.#tick());
  }

  start(trigger: WatchedTrigger<'event-loop-stalled'>, occurred: Occurred): () => void {
    const watch: Watch = { trigger, occurred, periodMs: trigger.condition.periodUs / 1000 };
    this.#watches.add(watch);
    this.#changed();
    return () => {
      this.#watches.delete(watch);
      this.#changed();
    };
  }

  #changed(): void {
    this.#watchesOf.clear();
    for (const [pinged, loop] of this.#loops) {
      loop.watches = this.#watchesFor(pinged.thread);
      for (const watch of loop.setOff) if (!this.#watches.has(watch)) loop.setOff.delete(watch);
    }
    if (this.#watches.size === 0) {
      this.#loops.clear();
      this.#ticker.every(undefined);
      return;
    }
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const { periodMs } of this.#watches) shortestMs = Math.min(shortestMs, periodMs);
    this.#ticker.every(Math.min(MAX_TIMER_MS, Math.max(PING_PERIOD_MS_MIN, shortestMs / PINGS_PER_PERIOD)));
  }

  #tick(): void {
    const now = this.#options.timers.nowMs();
    const loops = new Map<PingedThread, Loop>();
    const idle: PingedThread[] = [];
    for (const pinged of this.#options.threads()) {
      const loop = this.#loops.get(pinged) ?? {
        program: pinged.thread.process.program,
        watches: this.#watchesFor(pinged.thread),
        ping: 0,
        pingedMs: Number.NEGATIVE_INFINITY,
        silentMs: 0,
        setOff: new Set(),
      };
      this.#followName(pinged, loop);
      if (loop.watches.length === 0) continue;
      loops.set(pinged, loop);
      if (loop.ping !== 0 && pinged.answered === loop.ping) {
        loop.ping = 0;
        loop.silentMs = 0;
        loop.setOff.clear();
      }
      if (loop.ping === 0) idle.push(pinged);
      else this.#judge(pinged, loop, now);
    }
    this.#loops = loops;
    this.#send(idle, now);
  }

  /** Sends pings, first to the threads with the oldest ping. */
  #send(idle: PingedThread[], now: number): void {
    if (idle.length > PINGS_PER_TICK_MAX) {
      idle.sort((a, b) => this.#loops.get(a)!.pingedMs - this.#loops.get(b)!.pingedMs);
    }
    for (const pinged of idle.slice(0, PINGS_PER_TICK_MAX)) {
      const loop = this.#loops.get(pinged)!;
      // The thread sends the number back, so it stays within the range of messages.
      this.#lastPing = this.#lastPing >= PING_MAX ? 1 : this.#lastPing + 1;
      loop.ping = this.#lastPing;
      loop.pingedMs = now;
      pinged.look(loop.ping);
    }
  }

  /**
   * A stall sets triggers off at the second tick that sees it. Between the two ticks the daemon reads incoming
   * messages, so a daemon that was held up itself does not blame a thread whose answer it has not read.
   */
  #judge(pinged: PingedThread, loop: Loop, now: number): void {
    const silentMs = now - loop.pingedMs;
    const due = loop.watches.filter((watch) => watch.periodMs <= loop.silentMs && !loop.setOff.has(watch));
    loop.silentMs = silentMs;
    if (due.length === 0) return;
    const { thread, tid } = pinged;
    const { procname, program } = thread.process;
    const stopped = STOPPED.has(this.#options.stateOf(thread.pid) ?? '');
    const details = {
      pid: thread.pid,
      tid,
      procname,
      program,
      stalledMs: Math.round(silentMs),
      state: stopped ? 'stopped' : 'stalled',
    };
    for (const watch of due) {
      loop.setOff.add(watch);
      watch.occurred(1, undefined, details);
    }
  }

  #followName({ thread }: PingedThread, loop: Loop): void {
    const { program } = thread.process;
    if (program === loop.program) return;
    loop.program = program;
    loop.watches = this.#watchesFor(thread);
  }

  #watchesFor({ uid, process }: RecordedThread): readonly Watch[] {
    const key = `${uid} ${process.procname}\n${process.program}`;
    const known = this.#watchesOf.get(key);
    if (known !== undefined) return known;
    const watches = [...this.#watches]
      .filter(({ trigger: { owner, condition } }) => {
        return concernsUser(owner, uid) && isNamed(process, condition.procname);
      })
      .sort((a, b) => a.periodMs - b.periodMs);
    if (this.#watchesOf.size >= NAMES_KEPT_MAX) this.#watchesOf.clear();
    this.#watchesOf.set(key, watches);
    return watches;
  }
}

const STOPPED: ReadonlySet<string> = new Set(['T', 't']);
const PING_MAX = 2 ** 31;
const MAX_TIMER_MS = 2 ** 31 - 1;
const NAMES_KEPT_MAX = 4096;
