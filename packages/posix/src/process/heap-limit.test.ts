import { describe, expect, it } from 'vitest';
import type { Libc } from '../libc.ts';
import { heapLimitCalls } from './heap-limit.ts';

/** A C library with functions for all symbols but one. */
function processWithout(missing: RegExp) {
  const called: string[] = [];
  const func = (definition: string) => () => {
    called.push(definition);
    return 1;
  };
  const libc = {
    dlsym: (_handle: 0, name: string) => (missing.test(name) ? 0 : 1),
    koffi: { load: () => ({ func }) },
  } as unknown as Libc;
  return { called, calls: heapLimitCalls(libc) };
}

describe('postAtHeapLimit', () => {
  it.each([/sem_post/, /GetCurrent/, /AddNearHeapLimitCallback/])(
    'calls nothing in a process without %s',
    (missing) => {
      const { called, calls } = processWithout(missing);
      expect([calls.postAtHeapLimit(4096), called]).toEqual([false, []]);
    },
  );

  it('calls V8 where all functions are there', () => {
    const { called, calls } = processWithout(/nothing/);
    expect(calls.postAtHeapLimit(4096)).toBe(true);
    expect(called.map((definition) => definition.split(' ')[0])).toEqual(['intptr_t', 'void']);
  });
});
