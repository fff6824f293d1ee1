import { describe, expect, it } from 'vitest';
import { PERF_COUNTER_NAMES, perfCounterName, perfCounterOf } from './perf-counters.ts';

describe('a perf counter', () => {
  it.each([
    ['cycles', 0, 0],
    ['instructions', 0, 1],
    ['page-fault', 1, 2],
    ['L1-dcache-load-misses', 3, 0x10000],
    ['LLC-stores', 3, 0x102],
    ['dTLB-prefetch-misses', 3, 0x10203],
    ['raw:r0013c:x', 4, 0x13c],
  ])('%s has the numbers of linux/perf_event.h', (name, type, config) => {
    expect(perfCounterOf(name)).toEqual({ type, config });
  });

  it('is found by its numbers', () => {
    for (const name of PERF_COUNTER_NAMES) {
      const counter = perfCounterOf(name)!;
      expect(perfCounterOf(perfCounterName(counter)!)).toEqual(counter);
    }
  });

  it.each(['', 'nothing', 'iTLB-stores', 'raw:rxyz:n', 'raw:r1:', 'cycles '])('is not %j', (name) => {
    expect(perfCounterOf(name)).toBeUndefined();
  });
});
