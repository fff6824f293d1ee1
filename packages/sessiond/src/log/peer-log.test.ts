import { FakeTimers } from '@ringtail/base/testing';
import { describe, expect, it } from 'vitest';
import { LOG_LINES_PER_PEER_MAX, LOG_PEERS_MAX, LOG_PERIOD_MS } from '../shares/limits.ts';
import { LimitedLog } from './peer-log.ts';

/** A limited log with a clock that stands still until it is told otherwise. */
class Bench {
  readonly lines: string[] = [];
  readonly log: LimitedLog;
  readonly #clock = new FakeTimers();

  constructor() {
    const write = (level: string) => (message: string) => void this.lines.push(`${level} ${message}`);
    this.log = new LimitedLog({
      log: { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
      timers: this.#clock,
    });
  }

  get timerCount(): number {
    return this.#clock.pending;
  }

  say(count: number, uid: number | 'unknown' = 1000, about = 'refused registrations'): void {
    for (let i = 0; i < count; i++) this.log.of(uid === 'unknown' ? undefined : uid, about).warn(`${about} ${uid}`);
  }

  pass(ms: number): void {
    this.#clock.advance(ms);
  }
}

describe('LimitedLog', () => {
  it('writes the first lines of a period, then how many more there were', () => {
    const bench = new Bench();
    bench.say(LOG_LINES_PER_PEER_MAX + 500);
    expect(bench.lines).toEqual(Array(LOG_LINES_PER_PEER_MAX).fill('warn refused registrations 1000'));
    bench.pass(LOG_PERIOD_MS - 1);
    expect(bench.lines).toHaveLength(LOG_LINES_PER_PEER_MAX);
    bench.pass(1);
    expect(bench.lines.slice(LOG_LINES_PER_PEER_MAX)).toEqual([
      'warn user 1000: 500 more lines are left out about refused registrations, in 60 s',
    ]);
    bench.say(1);
    expect(bench.lines.at(-1)).toBe('warn refused registrations 1000');
  });

  it('lets no user, thing or level use up the lines of another', () => {
    const bench = new Bench();
    bench.say(LOG_LINES_PER_PEER_MAX + 1);
    bench.lines.length = 0;
    bench.say(1, 1001);
    bench.say(1, 'unknown');
    bench.say(1, 1000, 'troubles');
    bench.log.of(1000, 'refused registrations').error('another level');
    bench.log.warn('of the daemon');
    expect(bench.lines).toEqual([
      'warn refused registrations 1001',
      'warn refused registrations unknown',
      'warn troubles 1000',
      'error another level',
      'warn of the daemon',
    ]);
  });

  it('writes the counts when it is closed', () => {
    const bench = new Bench();
    bench.say(LOG_LINES_PER_PEER_MAX + 1, 'unknown');
    bench.log.close();
    expect(bench.lines.at(-1)).toContain('unknown users: 1 more line is left out about refused registrations');
    expect(bench.timerCount).toBe(0);
  });

  it('keeps a bounded number of users, and counts the lines of all others together', () => {
    const bench = new Bench();
    for (let uid = 0; uid < LOG_PEERS_MAX; uid++) bench.say(1, uid);
    bench.lines.length = 0;
    for (let uid = 0; uid < 100; uid++) bench.say(1, 1_000_000 + uid);
    expect(bench.lines).toHaveLength(LOG_LINES_PER_PEER_MAX);
    bench.pass(LOG_PERIOD_MS);
    expect(bench.lines.at(-1)).toContain('other users: 80 more lines are left out');
    bench.lines.length = 0;
    bench.say(LOG_LINES_PER_PEER_MAX, 1_000_000);
    expect(bench.lines).toHaveLength(LOG_LINES_PER_PEER_MAX);
  });
});
