import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded, recordedUnchanged } from './recorded.ts';

/** The watcher has time to start before, and time to look during the stall, on an overloaded machine as well. */
const STALLING = `
  import { execSync } from 'node:child_process';
  function computesTooLong() {
    const end = performance.now() + 2500;
    while (performance.now() < end);
  }
  function readsFromAShell() {
    execSync('sleep 1.5');
  }
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));`;

describe('stalls of the event loop', () => {
  it('are recorded with the stack that causes them, taken while the loop is blocked', async () => {
    const { events } = await recorded(`${STALLING}
      await wait(2500);
      computesTooLong();
      await wait(200);
      readsFromAShell();
      await wait(200);`);
    const isPlanted = /computesTooLong|readsFromAShell/;
    // A lack of CPUs makes other stalls.
    const found = fieldsOf(events, 'node_eventloop:stall').filter(
      ({ duration_ns, stack }) => Number(duration_ns) >= 1.5e9 && isPlanted.test(stack ?? ''),
    );
    expect(found.map(({ stack }) => isPlanted.exec(stack ?? '')?.[0])).toEqual(['computesTooLong', 'readsFromAShell']);
    expect(found[0]?.stack).toMatch(/^computesTooLong \(.*app\.mjs:5:\d+\)/m);
    expect(found[1]?.stack_source).toBe('after_native');
    // `execSync` is an observed function.
    for (const { stack } of found) expect(stack).not.toContain('instrument');
  });

  it('interrupt a regular expression that backtracks, and the answer of the expression stays the same', async () => {
    const { events, stdout } = await recorded(
      `await new Promise((resolve) => setTimeout(resolve, 2500));
      const end = performance.now() + 2500;
      const answers = new Set();
      function backtracks() {
        while (performance.now() < end) answers.add(/^(a+)+$/.test('a'.repeat(22) + 'b'));
      }
      backtracks();
      console.log(...answers);`,
    );
    expect(stdout).toBe('false\n');
    const stacks = fieldsOf(events, 'node_eventloop:stall').map(({ stack }) => stack ?? '');
    expect(stacks.filter((stack) => /RegExp\.test.*\nbacktracks /.test(stack))).toHaveLength(1);
  });

  it('are recorded with the stack of the long work, not of short work before it', async () => {
    const { events } = await recorded(`${STALLING}
      function worksShortly() {
        const end = performance.now() + 200;
        while (performance.now() < end);
      }
      await wait(2500);
      worksShortly();
      computesTooLong();
      await wait(200);`);
    const found = fieldsOf(events, 'node_eventloop:stall').filter((stall) => Number(stall.duration_ns) >= 2.5e9);
    expect(found.map(({ stack }) => /computesTooLong|worksShortly/.exec(stack ?? '')?.[0])).toEqual([
      'computesTooLong',
    ]);
  });

  it('leave resources, events, output and the exit code of a program as they are', async () => {
    const { events } = await recordedUnchanged(`${STALLING}
      process.on('worker', () => console.log('a thread that the program has not made'));
      const before = [Error.stackTraceLimit, Error.prepareStackTrace];
      await wait(2500);
      computesTooLong();
      await wait(100);
      console.log(process.getActiveResourcesInfo().join() + process._getActiveHandles().length);
      console.log(before[0] === Error.stackTraceLimit, before[1] === Error.prepareStackTrace);
      console.error(Object.keys(globalThis).length);
      computesTooLong();
      process.exit(7);`);
    expect(fieldsOf(events, 'node_eventloop:stall').filter(({ stack }) => stack?.includes('computes'))).toHaveLength(2);
  });

  it('in Atomics.wait are recorded with the stack, and the program goes on', async () => {
    const { events, stdout } = await recordedUnchanged(`${STALLING}
      const state = new Int32Array(new SharedArrayBuffer(4));
      function waitsForAThread() {
        return [Atomics.wait(state, 0, 0, 2500), Atomics.wait(state, 0, 0, 1), Atomics.notify(state, 0)];
      }
      await wait(2500);
      console.log(...waitsForAThread(), ...waitsForAThread());
      await wait(200);`);
    expect(stdout).toBe('timed-out timed-out 0 timed-out timed-out 0\n');
    const stacks = fieldsOf(events, 'node_eventloop:stall').map(({ stack }) => stack ?? '');
    expect(stacks.filter((stack) => stack.includes('waitsForAThread'))).toHaveLength(1);
  });

  it('in worker threads are recorded without a stack', async () => {
    const { events } = await recorded(`
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const end = performance.now() + 500;
        while (performance.now() < end);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }`);
    const found = fieldsOf(events, 'node_eventloop:stall').filter((stall) => Number(stall.duration_ns) >= 5e8);
    expect(found.map(({ stack_source, stack }) => [stack_source, stack])).toContainEqual(['none', '']);
  });
});

describe('turns of the event loop', () => {
  it('are recorded with the time that the loop was idle in them', async () => {
    const { events } = await recorded(
      `const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      await wait(300);
      const end = performance.now() + 1000;
      while (performance.now() < end);
      await wait(300);`,
      ['-u', 'node_eventloop:turn'],
    );
    const turns = fieldsOf(events, 'node_eventloop:turn');
    const activeNs = (turn: Readonly<Record<string, string>>) => Number(turn.duration_ns) - Number(turn.idle_ns);
    expect(turns.filter((turn) => Number(turn.idle_ns) >= 2e8).length).toBeGreaterThanOrEqual(2);
    expect(turns.some((turn) => activeNs(turn) >= 1e9)).toBe(true);
  });
});

describe('the utilization of the event loop', () => {
  it('is recorded every second', async () => {
    const { events } = await recorded(`setTimeout(() => undefined, 2500);`, ['-u', 'node_eventloop:utilization']);
    const samples = fieldsOf(events, 'node_eventloop:utilization');
    expect(samples.length).toBeGreaterThanOrEqual(1);
    expect(samples.every((sample) => Number(sample.idle_ns) > 5e8)).toBe(true);
  });
});
