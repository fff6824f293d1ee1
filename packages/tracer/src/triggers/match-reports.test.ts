import type { TriggerMatchedMessage } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { MatchReports } from './match-reports.ts';

/** A daemon, a clock and an event loop that do what the test says. */
function setUp() {
  const sent: TriggerMatchedMessage[] = [];
  const waiting = new Set<MatchReports>();
  const world = { isOpen: true, reads: true, time: 0 };
  const link = {
    get isOpen() {
      return world.isOpen;
    },
    trySend(message: TriggerMatchedMessage) {
      if (world.reads) sent.push(message);
      return world.reads;
    },
  };
  const schedule = { now: () => world.time, later: (one: MatchReports) => void waiting.add(one) };
  const reports = new MatchReports(link, 7, schedule);
  const turn = () => {
    const all = [...waiting];
    waiting.clear();
    for (const one of all) one.flush();
  };
  const sum = (what: 'matches' | 'discarded') => sent.reduce((total, message) => total + message[what], 0);
  return { reports, sent, waiting, world, turn, sum };
}

describe('reports of matches', () => {
  it('are sent at once, one by one, while they are few', () => {
    const { reports, sent, waiting } = setUp();
    reports.matched([1]);
    reports.matched(['two']);
    expect(sent).toEqual([
      { type: 'trigger-matched', trigger: 7, matches: 1, discarded: 0, captures: [1] },
      { type: 'trigger-matched', trigger: 7, matches: 1, discarded: 0, captures: ['two'] },
    ]);
    expect(waiting.size).toBe(0);
  });

  it('are at most a hundred in any second, with all matches and the newest captures', () => {
    const { reports, sent, world, turn, sum } = setUp();
    const times: number[] = [];
    for (let i = 0; i < 100_000; i++) {
      world.time = i / 20;
      const before = sent.length;
      reports.matched([i]);
      if (sent.length > before) times.push(world.time);
    }
    for (const [i, time] of times.entries()) {
      const within = times.slice(i).filter((other) => other < time + 1000);
      expect(within.length).toBeLessThanOrEqual(100);
    }
    expect(times.length).toBeGreaterThan(400);
    world.time += 100;
    turn();
    expect([sum('matches'), sum('discarded')]).toEqual([100_000, 0]);
    expect(sent.at(-1)?.captures).toEqual([99_999]);
  });

  it('wait for the event loop, or the next match after a while', () => {
    const { reports, sent, waiting, world, turn } = setUp();
    for (let i = 0; i < 12; i++) reports.matched([i]);
    expect([sent.length, waiting.size]).toEqual([10, 1]);
    turn();
    expect([sent.length, waiting.size]).toEqual([10, 1]);
    world.time += 20;
    reports.matched([12]);
    expect(sent.at(-1)).toMatchObject({ matches: 3, captures: [12] });
    reports.matched([13]);
    world.time += 20;
    turn();
    expect(sent.at(-1)).toMatchObject({ matches: 1, captures: [13] });
    turn();
    expect(sent).toHaveLength(12);
  });

  it('wait while the daemon does not read, and then have all matches', () => {
    const { reports, sent, waiting, world, turn } = setUp();
    world.reads = false;
    reports.matched([1]);
    reports.matched([2]);
    reports.missed();
    for (world.time = 0; world.time < 60_000; world.time += 500) turn();
    expect([sent.length, waiting.size]).toEqual([0, 1]);
    world.reads = true;
    turn();
    expect(sent).toMatchObject([{ matches: 2, discarded: 1, captures: [2] }]);
    reports.matched([3]);
    expect(sent[1]).toMatchObject({ matches: 1, discarded: 0, captures: [3] });
  });

  it('have the events that could not be evaluated', () => {
    const { reports, sent } = setUp();
    reports.missed();
    expect(sent).toMatchObject([{ matches: 0, discarded: 1 }]);
  });

  it('are dropped once the daemon is gone', () => {
    const { reports, sent, waiting, world } = setUp();
    world.isOpen = false;
    for (let i = 0; i < 5; i++) reports.matched([i]);
    expect([sent.length, waiting.size]).toEqual([0, 0]);
  });

  it('are completed at the end', () => {
    const { reports, sent, sum } = setUp();
    for (let i = 0; i < 30; i++) reports.matched([i]);
    reports.end();
    reports.end();
    expect(sum('matches')).toBe(30);
    expect(sent).toHaveLength(11);
  });

  it('count events that could not be evaluated, sent or not', () => {
    const missed = { f64: new Float64Array(2), index: 1 };
    const link = { isOpen: true, trySend: () => false };
    const reports = new MatchReports(link, 7, { now: () => 0, later: () => {} }, missed);
    for (let i = 0; i < 20; i++) reports.matched([i]);
    reports.missed();
    reports.end();
    expect([...missed.f64]).toEqual([0, 1]);
  });
});
