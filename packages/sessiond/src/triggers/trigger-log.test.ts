import { type DesiredTrigger, triggerLine } from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredStateIn } from '../testing/desired-state.test.support.ts';
import { TriggerLog } from './trigger-log.ts';

const trigger = (key: number): DesiredTrigger => ({
  key,
  rule: { pattern: 'ä:b' },
  counter: 0,
  keys: [],
  reports: null,
});
const keysIn = (log: TriggerLog) => desiredStateIn('[]', log.bytes.toString()).triggers.map(({ key }) => key);

describe('a log of triggers', () => {
  it('grows by a line for each trigger that is added or removed, under the same number', () => {
    const log = new TriggerLog();
    log.put(1, trigger(1));
    log.put(2, trigger(2));
    const { number, length } = log;
    log.put(1, trigger(3));
    log.put(4, trigger(4));
    log.put(4, undefined);
    log.put(5, undefined);
    expect(log.number).toBe(number);
    const lines = ['1\n', triggerLine(3, trigger(3)), triggerLine(4, trigger(4)), '4\n'];
    expect(log.bytes.subarray(length).toString()).toBe(lines.join(''));
    expect(keysIn(log)).toEqual([2, 3]);
  });

  it('has the same triggers as a model after any history', () => {
    const step = fc.record({ key: fc.integer({ min: 1, max: 5 }), isRemoved: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const log = new TriggerLog();
        const wanted = new Map<number, number>();
        for (const [version, { key, isRemoved }] of steps.entries()) {
          if (isRemoved) wanted.delete(key);
          else wanted.set(key, version);
          log.put(key, isRemoved ? undefined : trigger(version));
          expect(keysIn(log).sort()).toEqual([...wanted.values()].sort());
        }
      }),
    );
  });

  it('has a bounded number of outdated bytes, however many triggers it has', () => {
    const log = new TriggerLog();
    const large = (key: number): DesiredTrigger => ({ ...trigger(key), rule: { pattern: 'x'.repeat(64 * 1024) } });
    for (let key = 1; key <= 32; key++) log.put(key, large(key));
    const live = log.length;
    for (let key = 33; key <= 64; key++) {
      log.put(32, large(key));
      expect(log.length).toBeLessThan(live + 300 * 1024);
    }
    expect(keysIn(log)).toEqual([...Array.from({ length: 31 }, (_, idx) => idx + 1), 64]);
  });

  it('begins anew once most of it is outdated', () => {
    const log = new TriggerLog();
    const { number } = log;
    log.put(1, trigger(1));
    for (let key = 2; key <= 1000; key++) {
      log.put(2, trigger(key));
      expect(log.length).toBeLessThan(20_000);
    }
    expect(log.number).toBeGreaterThan(number);
    expect(keysIn(log)).toEqual([1, 1000]);
  });
});
