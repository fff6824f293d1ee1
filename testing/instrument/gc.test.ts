import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

describe('garbage collections', () => {
  it('are recorded with their kind, time and duration', async () => {
    const { events, stdout } = await recorded(`
      import { setFlagsFromString } from 'node:v8';
      import { runInNewContext } from 'node:vm';
      setFlagsFromString('--expose-gc');
      const before = process.hrtime.bigint();
      runInNewContext('gc')();
      const after = process.hrtime.bigint();
      console.log(JSON.stringify([Number(before), Number(after)]));
      setTimeout(() => undefined, 20);`);
    const forced = fieldsOf(events, 'node_gc:collection').filter(({ forced }) => forced === '1');
    expect(forced.map(({ kind }) => kind)).toEqual(['major']);
    const [before, after] = JSON.parse(stdout) as [number, number];
    const { start_ns: start, duration_ns: duration } = forced[0] ?? {};
    expect(Number(start)).toBeGreaterThanOrEqual(before);
    expect(Number(start) + Number(duration)).toBeLessThanOrEqual(after);
    expect(Number(duration)).toBeGreaterThan(0);
    expect(Number(forced[0]?.heap_used)).toBeGreaterThan(1_000_000);
  });

  it('are recorded with the heap before and after, if a rule names that event', async () => {
    const { events } = await recorded(
      `import { setFlagsFromString } from 'node:v8';
      import { runInNewContext } from 'node:vm';
      setFlagsFromString('--expose-gc');
      let garbage = Array.from({ length: 1e6 }, (_, i) => ({ i }));
      garbage = undefined;
      runInNewContext('gc')();
      setTimeout(() => undefined, 20);`,
      ['-u', 'node_gc:heap'],
    );
    const heaps = fieldsOf(events, 'node_gc:heap').map((heap) => Number(heap.heap_before) - Number(heap.heap_after));
    expect(Math.max(...heaps)).toBeGreaterThan(1e7);
  });
});
