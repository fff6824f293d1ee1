import type { Timer, Timers } from '@ringtail/base';
import { LOG_LINES_PER_PEER_MAX, LOG_PEERS_MAX, LOG_PERIOD_MS } from '../model/limits.ts';
import type { Log, LogLevel } from './log.ts';

/** A log that limits the lines which one user causes. */
export interface PeerLog extends Log {
  /**
   * The log for lines that a user causes.
   *
   * @param uid the kernel's word for the peer; undefined where it is not known
   * @param about what the lines are about, in the plural and without anything that a peer chose: lines of one user about
   *   one thing and level share a limit
   */
  of(uid: number | undefined, about: string): Log;
}

export interface LimitedLogOptions {
  readonly log: Log;
  readonly timers: Timers;
}

/**
 * Writes the first lines of each user about each thing in a period, and at its end how many more there were.
 *
 * Without a limit a peer that connects in a loop would push everything else out of a log that is bounded.
 */
export class LimitedLog implements PeerLog {
  readonly #options: LimitedLogOptions;
  readonly #periods = new Map<string, Period>();
  readonly error: Log['error'];
  readonly warn: Log['warn'];
  readonly info: Log['info'];
  readonly debug: Log['debug'];

  constructor(options: LimitedLogOptions) {
    this.#options = options;
    ({ error: this.error, warn: this.warn, info: this.info, debug: this.debug } = options.log);
  }

  of(uid: number | undefined, about: string): Log {
    const write = (level: LogLevel) => (message: string) => this.#write({ uid, about, level }, message);
    return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  }

  /** Writes the counts of lines that were left out. */
  close(): void {
    for (const key of [...this.#periods.keys()]) this.#end(key);
  }

  #write(line: Line, message: string): void {
    const [key, period] = this.#periodOf(line);
    if (period.lines < LOG_LINES_PER_PEER_MAX) {
      period.lines += 1;
      this.#options.log[line.level](message);
      return;
    }
    period.leftOut += 1;
    const { timers } = this.#options;
    period.timer ??= timers.after(period.endMs - timers.nowMs(), () => this.#end(key));
  }

  #periodOf(line: Line): [string, Period] {
    const nowMs = this.#options.timers.nowMs();
    let key = `${line.uid} ${line.level} ${line.about}`;
    let name = line.uid === undefined ? 'unknown users' : `user ${line.uid}`;
    if (!this.#periods.has(key) && this.#isFull(nowMs)) {
      // With user namespaces one person can be many users: those beyond share one limit.
      key = `others ${line.level} ${line.about}`;
      name = 'other users';
    }
    const known = this.#periods.get(key);
    if (known !== undefined && nowMs < known.endMs) return [key, known];
    this.#end(key);
    const period: Period = { ...line, name, endMs: nowMs + LOG_PERIOD_MS, lines: 0, leftOut: 0, timer: undefined };
    this.#periods.set(key, period);
    return [key, period];
  }

  #isFull(nowMs: number): boolean {
    if (this.#periods.size < LOG_PEERS_MAX) return false;
    for (const [key, { endMs }] of [...this.#periods]) if (endMs <= nowMs) this.#end(key);
    return this.#periods.size >= LOG_PEERS_MAX;
  }

  #end(key: string): void {
    const period = this.#periods.get(key);
    if (period === undefined) return;
    this.#periods.delete(key);
    period.timer?.cancel();
    const { name, about, level, leftOut } = period;
    if (leftOut === 0) return;
    const lines = leftOut === 1 ? '1 more line is' : `${leftOut} more lines are`;
    this.#options.log[level](`${name}: ${lines} left out about ${about}, in ${LOG_PERIOD_MS / 1000} s`);
  }
}

interface Line {
  readonly uid: number | undefined;
  readonly about: string;
  readonly level: LogLevel;
}

/** The lines of one user about one thing since the first of them. */
interface Period extends Line {
  readonly name: string;
  readonly endMs: number;
  lines: number;
  leftOut: number;
  /** Runs once a line was left out. */
  timer: Timer | undefined;
}
