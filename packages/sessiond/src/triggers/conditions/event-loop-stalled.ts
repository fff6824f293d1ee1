import type { Timers } from '@ringtail/base';
import { matchesPattern } from '@ringtail/protocol';
import { Ticker } from '../../clock/ticker.ts';
import type { RecordedThread } from '../../model/session.ts';
import { isAbout } from '../../model/session.ts';
import type { ConditionSource, Occurred, WatchedTrigger } from './condition-source.ts';

/** A registered thread that can be asked whether it is in its event loop. */
export interface AskedThread {
  readonly thread: RecordedThread;
  readonly tid: number;
  readonly procname: string;
  /** Of the newest `look` that was answered. */
  readonly answered: number;
  /** Asks; the answer has this number, which is not 0. */
  look(turn: number): void;
}

export interface LoopWatchOptions {
  readonly threads: () => Iterable<AskedThread>;
  /** Of a process, as in `/proc`: `T` is stopped; undefined if that cannot be known. */
  readonly stateOf: (pid: number) => string | undefined;
  readonly timers: Timers;
}

/** A thread is asked four times in the shortest period that anybody wants to know of, but no more often than this. */
const LOOKS_PER_PERIOD = 4;
const LOOK_PERIOD_MS_MIN = 50;
/** Each question is a system call: where threads are more, they are asked in turn. */
const LOOKS_PER_TICK_MAX = 256;

interface Watch {
  readonly trigger: WatchedTrigger<'event-loop-stalled'>;
  readonly occurred: Occurred;
  readonly periodMs: number;
}

/** What is known of a thread. */
interface Loop {
  /** Of those that want to know of it, the shortest period first. */
  watches: readonly Watch[];
  /** What it was asked, 0 if there is nothing to answer, and when. */
  turn: number;
  askedMs: number;
  /** For how long it had not answered when it was last looked at. */
  silentMs: number;
  /** Those that have been told that it is stalled. */
  readonly told: Set<Watch>;
}

/**
 * `event-loop-stalled`: asks threads for a sign of life, one question at a time to each, so that nothing piles up in the
 * socket of one that does not read.
 *
 * A period counts from a question, thus a stall is seen within 1.5 periods. A process that is stopped (SIGSTOP, a debugger) is stalled like
 * any other, and the details say so.
 */
export class LoopWatch implements ConditionSource<'event-loop-stalled'> {
  readonly #options: LoopWatchOptions;
  readonly #ticker: Ticker;
  readonly #watches = new Set<Watch>();
  #loops = new Map<AskedThread, Loop>();
  /** By user and name of a process; forgotten whenever triggers come or go. */
  readonly #watchesOf = new Map<string, readonly Watch[]>();
  #lastTurn = 0;

  constructor(options: LoopWatchOptions) {
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
    for (const [asked, loop] of this.#loops) {
      loop.watches = this.#watchesFor(asked);
      for (const watch of loop.told) if (!this.#watches.has(watch)) loop.told.delete(watch);
    }
    if (this.#watches.size === 0) {
      this.#loops.clear();
      this.#ticker.every(undefined);
      return;
    }
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const { periodMs } of this.#watches) shortestMs = Math.min(shortestMs, periodMs);
    this.#ticker.every(Math.min(MAX_TIMER_MS, Math.max(LOOK_PERIOD_MS_MIN, shortestMs / LOOKS_PER_PERIOD)));
  }

  #tick(): void {
    const now = this.#options.timers.nowMs();
    const loops = new Map<AskedThread, Loop>();
    const idle: AskedThread[] = [];
    for (const asked of this.#options.threads()) {
      const loop = this.#loops.get(asked) ?? {
        watches: this.#watchesFor(asked),
        turn: 0,
        askedMs: Number.NEGATIVE_INFINITY,
        silentMs: 0,
        told: new Set(),
      };
      if (loop.watches.length === 0) continue;
      loops.set(asked, loop);
      if (loop.turn !== 0 && asked.answered === loop.turn) {
        loop.turn = 0;
        loop.silentMs = 0;
        loop.told.clear();
      }
      if (loop.turn === 0) idle.push(asked);
      else this.#judge(asked, loop, now);
    }
    this.#loops = loops;
    this.#ask(idle, now);
  }

  /** Those first that were not asked for longest. */
  #ask(idle: AskedThread[], now: number): void {
    if (idle.length > LOOKS_PER_TICK_MAX) {
      idle.sort((a, b) => this.#loops.get(a)!.askedMs - this.#loops.get(b)!.askedMs);
    }
    for (const asked of idle.slice(0, LOOKS_PER_TICK_MAX)) {
      const loop = this.#loops.get(asked)!;
      // A thread writes its number back; they are as many as a message may have.
      this.#lastTurn = this.#lastTurn >= TURN_MAX ? 1 : this.#lastTurn + 1;
      loop.turn = this.#lastTurn;
      loop.askedMs = now;
      asked.look(loop.turn);
    }
  }

  /**
   * What is due is told at the second look: between the two we have read what came in. So a daemon that was held up itself
   * accuses nobody whose answer it has not read.
   */
  #judge(asked: AskedThread, loop: Loop, now: number): void {
    const silentMs = now - loop.askedMs;
    const toTell = loop.watches.filter((watch) => watch.periodMs <= loop.silentMs && !loop.told.has(watch));
    loop.silentMs = silentMs;
    if (toTell.length === 0) return;
    const { thread, tid, procname } = asked;
    const stopped = STOPPED.has(this.#options.stateOf(thread.pid) ?? '');
    const details = {
      pid: thread.pid,
      tid,
      procname,
      stalledMs: Math.round(silentMs),
      state: stopped ? 'stopped' : 'stalled',
    };
    for (const watch of toTell) {
      loop.told.add(watch);
      watch.occurred(1, undefined, details);
    }
  }

  #watchesFor({ thread, procname }: AskedThread): readonly Watch[] {
    const key = `${thread.uid} ${procname}`;
    const known = this.#watchesOf.get(key);
    if (known !== undefined) return known;
    const watches = [...this.#watches]
      .filter(({ trigger: { owner, condition } }) => {
        return isAbout(owner, thread.uid) && matchesPattern(condition.procname, procname);
      })
      .sort((a, b) => a.periodMs - b.periodMs);
    if (this.#watchesOf.size >= NAMES_KEPT_MAX) this.#watchesOf.clear();
    this.#watchesOf.set(key, watches);
    return watches;
  }
}

const STOPPED: ReadonlySet<string> = new Set(['T', 't']);
const TURN_MAX = 2 ** 31;
const MAX_TIMER_MS = 2 ** 31 - 1;
const NAMES_KEPT_MAX = 4096;
