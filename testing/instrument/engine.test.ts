import { describe, expect, it } from 'vitest';
import { fieldsOf, recordedUnchanged } from './recorded.ts';

const [major = 0] = process.versions.node.split('.').map(Number);

describe('worker threads', () => {
  it('are recorded from their start to their exit, with the messages that they send', async () => {
    const { events } = await recordedUnchanged(
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url)).on('exit', (code) => console.log('exit', code));
      else {
        parentPort.postMessage('a');
        parentPort.postMessage('b');
        process.exitCode = 3;
      }`,
      ['-u', 'node_worker:*'],
    );
    const [{ thread_id } = {}] = fieldsOf(events, 'node_worker:thread_begin');
    expect(fieldsOf(events, 'node_worker:thread_end')).toEqual([{ thread_id, exit_code: '3' }]);
    expect(fieldsOf(events, 'node_worker:message_received')).toEqual([{ thread_id }, { thread_id }]);
  });

  it('that watch the event loop are none of the program', async () => {
    const { events } = await recordedUnchanged('setTimeout(() => undefined, 200);', ['-u', 'node_*']);
    expect(fieldsOf(events, 'node_worker:thread_begin')).toEqual([]);
  });
});

describe('asynchronous resources', () => {
  it('are recorded from init to destroy, with their callbacks between', async () => {
    const { events } = await recordedUnchanged(
      'setTimeout(() => console.log("fired"), 300); setTimeout(() => 0, 500);',
      ['-u', 'node_async:*'],
    );
    const timer = fieldsOf(events, 'node_async:init').find(({ type }) => type === 'Timeout');
    const ofTimer = events.filter(({ fields }) => fields.async_id === timer?.async_id).map(({ name }) => name);
    expect(ofTimer).toEqual([
      'node_async:init',
      'node_async:callback_begin',
      'node_async:callback_end',
      'node_async:destroy',
    ]);
  });
});

describe('promises', () => {
  it('are recorded when they are made and resolved', async () => {
    const { events } = await recordedUnchanged(
      `await new Promise((resolve) => setTimeout(resolve, 100));
      for (let i = 0; i < 10; i++) await null;`,
      ['-u', 'node_promise:*'],
    );
    const created = fieldsOf(events, 'node_promise:created').map(({ promise_id }) => promise_id);
    const resolved = new Set(fieldsOf(events, 'node_promise:resolved').map(({ promise_id }) => promise_id));
    expect(created.filter((id) => resolved.has(id)).length).toBeGreaterThanOrEqual(10);
  });
});

describe('modules', () => {
  it.runIf(major >= 22)('are recorded with the time of their load', async () => {
    const { events } = await recordedUnchanged(
      `import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      require('node:zlib');
      try { require('./missing.cjs'); } catch ({ code }) { console.log(code); }
      await import('node:http2');`,
      ['-u', 'node_module:*'],
    );
    const required = fieldsOf(events, 'node_module:require').filter(({ parent }) => parent?.endsWith('app.mjs'));
    expect(required.map(({ specifier, failed }) => [specifier, failed])).toEqual([
      ['node:zlib', '0'],
      ['./missing.cjs', '1'],
    ]);
    expect(Number(required[0]?.duration_ns)).toBeGreaterThan(0);
    expect(fieldsOf(events, 'node_module:import').map(({ specifier }) => specifier)).toContain('node:http2');
  });
});

describe('the heap', () => {
  it('is sampled where it is allocated', async () => {
    const { events } = await recordedUnchanged(
      `function allocates() {
        return Array.from({ length: 1e5 }, (_, i) => ({ i }));
      }
      const end = performance.now() + 2500;
      setTimeout(function turn() {
        allocates();
        if (performance.now() < end) setTimeout(turn);
      });`,
      ['-u', 'node_heap:*'],
    );
    const samples = fieldsOf(events, 'node_heap:allocation_sample');
    expect(samples.some(({ stack }) => /^allocates \(.*app\.mjs:1:\d+\)/m.test(stack ?? ''))).toBe(true);
    expect(samples.every(({ size }) => Number(size) > 0)).toBe(true);
  });

  it('is not collected when the program exits, before it has flushed what is still there', async () => {
    const { stdout } = await recordedUnchanged(
      `setImmediate(() => {
        const buffered = new WeakRef({ text: 'flushed' });
        setImmediate(() => {
          process.on('exit', () => console.log(buffered.deref()?.text));
          process.exit();
        });
      });`,
      ['-u', 'node_heap:*'],
    );
    expect(stdout).toBe('flushed\n');
  });
});
