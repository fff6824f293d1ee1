import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded, recordedUnchanged } from './recorded.ts';

/** Runs a function until the profiler must have seen it. */
const BUSY = `
  function burnCycles() {
    const end = Number(process.cpuUsage().user) + 300_000;
    let sum = 0;
    while (process.cpuUsage().user < end) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
    return sum;
  }`;

describe('CPU samples', () => {
  it('name the busy function, its callers and its place, also in worker threads', async () => {
    const { events } = await recordedUnchanged(
      `${BUSY}
      import { pbkdf2Sync } from 'node:crypto';
      import { isMainThread, Worker } from 'node:worker_threads';
      function outer() { burnCycles(); }
      outer();
      pbkdf2Sync('a', 'b', 1_000_000, 64, 'sha512');
      if (isMainThread) new Worker(new URL(import.meta.url));`,
      ['--profile=500'],
    );
    const functions = fieldsOf(events, 'node_cpu:function');
    const busy = functions.filter(({ name }) => name === 'burnCycles');
    expect(busy).toHaveLength(2);
    expect(new Set(busy.map(({ slice_id }) => slice_id)).size).toBe(2);
    for (const { kind, url, line } of busy) {
      expect([kind, line]).toEqual(['javascript', '2']);
      expect(url).toMatch(/^file:.*\/app\.mjs$/);
    }
    expect(functions.map(({ name }) => name)).toContain('outer');
    expect(functions.filter(({ kind }) => kind === 'native').map(({ name }) => name)).toContain('run');
    for (const { period_ns } of fieldsOf(events, 'node_cpu:samples')) expect(period_ns).toBe('2000000');
    expect(fieldsOf(events, 'node_cpu:stacks').length).toBeGreaterThan(1);
  });

  it('leave a profiler of the program alone, whose samples are as often as it wants', async () => {
    const { stdout } = await recorded(
      `import { Session } from 'node:inspector/promises';
      ${BUSY}
      const session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 20_000 });
      await session.post('Profiler.start');
      burnCycles();
      const { profile } = await session.post('Profiler.stop');
      const names = new Set(profile.nodes.map(({ callFrame }) => callFrame.functionName));
      console.log(names.has('burnCycles'), profile.samples.length < 150);`,
      ['--profile=1000'],
    );
    expect(stdout).toBe('true true\n');
  });

  it('are not taken unless a rule wants them', async () => {
    const { events } = await recorded(`${BUSY} burnCycles();`, ['--settings=profile']);
    expect(events.filter(({ name }) => name.startsWith('node_cpu:'))).toEqual([]);
  });
});
