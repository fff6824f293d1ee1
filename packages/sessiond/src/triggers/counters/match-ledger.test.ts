import { CONTROL_TALLY_COUNT } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { FakeCountingThread } from '../../testing/counting-thread.test.support.ts';
import { testPool } from '../../testing/shares.test.support.ts';
import { MatchLedger } from './match-ledger.ts';

function setUp(slot = 0) {
  const ledger = new MatchLedger(testPool(1_000_000));
  const thread = new FakeCountingThread(7, slot);
  ledger.open(thread);
  const told = (trigger: number, matches: number, discarded = 0) =>
    ledger.told(thread, { type: 'trigger-matched', trigger, matches, discarded, captures: [] });
  return { ledger, thread, told };
}

describe('matches that a thread has not reported when it ends', () => {
  it.each([0, 1])('are the counts of its slot %i minus its reports', (slot) => {
    const { ledger, thread, told } = setUp(slot);
    told(1, 3);
    told(1, 4);
    told(2, 5, 1);
    thread.tally([1, 10, 0], [2, 5, 1], [3, 2, 6], [4, 0, 0]);
    expect(ledger.close(thread)).toEqual([
      { trigger: 1, matches: 3, discarded: 0 },
      { trigger: 3, matches: 2, discarded: 6 },
    ]);
  });

  it('leave out the tallies that it had when it registered', () => {
    const ledger = new MatchLedger(testPool(1_000_000));
    const thread = new FakeCountingThread(7);
    thread.tally([1, 100, 2]);
    ledger.open(thread);
    thread.tally([1, 101, 5]);
    expect(ledger.close(thread)).toEqual([{ trigger: 1, matches: 1, discarded: 3 }]);
  });

  it('are none where its tallies are wrong or cannot be read', () => {
    const { ledger, thread } = setUp();
    thread.tally([1, Number.NaN, -1], [2, Number.POSITIVE_INFINITY, 0], [3, 1.5, 0]);
    expect(ledger.close(thread)).toEqual([{ trigger: 3, matches: 1, discarded: 0 }]);
    const broken = new FakeCountingThread(7);
    broken.read = () => {
      throw new Error('it is gone');
    };
    ledger.open(broken);
    expect(ledger.close(broken)).toEqual([]);
  });

  it('are read from no more tallies than can exist', () => {
    const { ledger, thread } = setUp();
    thread.tally([1, 2, 0]);
    const { read } = thread;
    const sizes: number[] = [];
    thread.read = (bytes, position) => {
      read.call(thread, bytes, position);
      sizes.push(bytes.length);
      if (bytes.length === 8) bytes.writeDoubleLE(1e300);
    };
    expect(ledger.close(thread)).toEqual([{ trigger: 1, matches: 2, discarded: 0 }]);
    expect(sizes).toEqual([8, CONTROL_TALLY_COUNT * 24]);
  });
});
