import type { Timer, Timers } from '@ringtail/base';
import { LOG_LINES_PER_PEER_MAX, LOG_PEERS_MAX, LOG_PERIOD_MS } from '../shares/limits.ts';
import type { Log, LogLevel } from './log.ts';

/** A log that limits the lines that one user causes. */
export interface PeerLog extends Log {
  /**
   * The log for lines that a user causes.
   *
   * @param uid the peer's user by the kernel; undefined if it is not known
   * @param about topic of the lines, in the plural and without any text of a peer; the lines of one user about one
   *   topic and level share a limit
   */
  of(uid: number | undefined, about: string): Log;
}

export interface LimitedLogOptions {
  readonly log: Log;
  readonly timers: Timers;
}

/**
 * Writes the first lines of each user about each topic in a period, and at its end the number of lines left out.
 *
 * Without a limit a peer that connects in a loop would push all other lines out of the bounded log.
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

  /** Writes the numbers of lines that were left out. */
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
      // With user namespaces one person can have many user numbers: further ones share one limit.
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

/** A period of the lines of one user about one topic. */
interface Period extends Line {
  readonly name: string;
  readonly endMs: number;
  lines: number;
  leftOut: number;
  /** Set once a line was left out. */
  timer: Timer | undefined;
}
