import { AsyncLocalStorage, executionAsyncId, triggerAsyncId } from 'node:async_hooks';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { CONTEXT_NAMES, contextSpec } from '@ringtail/ctf';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineApplicationContext } from './application-context.ts';
import { onContextProblem } from './context-problems.ts';
import type { ContextSource } from './context-source.ts';
import { lookUpContext, recordedSources } from './look-up-context.ts';

const read = (name: string) => (lookUpContext(name) as ContextSource).read();

function problems(): string[] {
  const told: string[] = [];
  onContextProblem((_, message) => told.push(message));
  onTestFinished(() => onContextProblem(() => {}));
  return told;
}

describe('the contexts of a thread', () => {
  it('are there for every name that can be recorded, always the same object, with the field of the metadata', () => {
    for (const name of [...CONTEXT_NAMES, '$app.a:b', 'perf:thread:task-clock']) {
      const source = lookUpContext(name);
      expect(source, name).toBeDefined();
      expect(lookUpContext(name)).toBe(source);
      const spec = contextSpec(name);
      if (spec?.place === 'event') expect(source?.field).toEqual(spec.field);
    }
    for (const name of ['ip', 'nothing', 'toString']) expect(lookUpContext(name)).toBeUndefined();
  });

  it('give the same values inline as when read', () => {
    for (const name of CONTEXT_NAMES) {
      const { inline, read } = lookUpContext(name) as ContextSource;
      if (inline === undefined) continue;
      const evaluate = new Function(...Object.keys(inline.constants), `return ${inline.expression}`);
      const both = () => evaluate(...Object.values(inline.constants)) === read();
      // The scheduler may move the thread between two looks, but not each time.
      expect(Array.from({ length: 100 }, both), name).toContain(true);
    }
  });

  it('agree with the system', () => {
    expect(read('hostname')).toBe(hostname());
    expect(read('vpid')).toBe(process.pid);
    for (const kind of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']) {
      expect(read(`${kind}_ns`), kind).toBe(statSync(`/proc/self/ns/${kind}`).ino);
    }
    const [, ...uids] = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    expect(['vuid', 'veuid', 'vsuid'].map((name) => String(read(name)))).toEqual(uids);
  });

  it('leave out the fields of the packet context', () => {
    expect(recordedSources(['vpid', 'cpu_id', 'procname']).map(({ field }) => field.name)).toEqual(['cpu_id']);
    expect(() => recordedSources(['cpu_id', 'ip'])).toThrow(/instruction pointer/);
  });

  it('say which asynchronous resource runs', async () => {
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        expect(read('async_id')).toBe(executionAsyncId());
        expect(read('trigger_async_id')).toBe(triggerAsyncId());
        resolve();
      });
    });
  });

  it.skipIf(process.getuid?.() !== 0)('follow a program that gives up root', () => {
    expect([read('veuid'), read('vsuid'), read('vegid'), read('vsgid')]).toEqual([0, 0, 0, 0]);
    process.setegid?.(33);
    process.seteuid?.(1000);
    try {
      expect([read('vuid'), read('veuid'), read('vsuid')]).toEqual([0, 1000, 0]);
      expect([read('vgid'), read('vegid'), read('vsgid')]).toEqual([0, 33, 0]);
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  });
});

describe('a perf counter as a context', () => {
  it('grows, or is zero with a problem reported', () => {
    const told = problems();
    const first = read('perf:thread:page-fault');
    if (told.length > 0) {
      expect(first).toBe(0);
      console.warn(`not tested: ${told[0]}`);
      return;
    }
    new Uint8Array(16 * 1024 * 1024).fill(1);
    expect(read('perf:thread:page-fault')).toBeGreaterThan(first as number);
  });

  it('that does not exist is recorded as zero, and reported', () => {
    const told = problems();
    expect(read('perf:thread:raw:rfffffffffffff:nothing')).toBe(0);
    expect(told).toEqual([expect.stringMatching(/^context perf:thread:raw:\S+ is recorded as 0: perf_event_open/)]);
  });
});

describe('an application context', () => {
  it('has no value until the application defines it, and then the source that was defined last', () => {
    expect(read('$app.test:later')).toBeUndefined();
    expect(defineApplicationContext('test', 'later', () => 1)).toBe(true);
    expect(read('$app.test:later')).toBe(1);
    defineApplicationContext('test', 'later', () => 'two');
    expect(read('$app.test:later')).toBe('two');
  });

  it('is nothing when its callback throws', () => {
    defineApplicationContext('test', 'throws', () => {
      throw new Error('no');
    });
    expect(read('$app.test:throws')).toBeUndefined();
  });

  it('follows an AsyncLocalStorage', async () => {
    const tenant = new AsyncLocalStorage<string>();
    defineApplicationContext('test', 'tenant', () => tenant.getStore());
    const later = () => new Promise<unknown>((resolve) => setImmediate(() => resolve(read('$app.test:tenant'))));
    const both = [tenant.run('a', later), tenant.run('b', later), later()];
    expect(await Promise.all(both)).toEqual(['a', 'b', undefined]);
  });

  it('is refused with a name that no field can have', () => {
    for (const name of ['', 'a b', 'a:b', 'x'.repeat(200)]) {
      expect(defineApplicationContext('test', name, () => 1)).toBe(false);
    }
  });
});

describe('the call stack as a context', () => {
  const inFile = (filename: string) => (text: string) =>
    new Script(`(capture) => { ${text} }`, { filename }).runInThisContext() as (capture: () => unknown) => unknown;
  const program = inFile('/app/program.js');
  /** As published, the tracer is one file, whose frames are left out. */
  const tracer = inFile(fileURLToPath(new URL('./call-stack.ts', import.meta.url)));
  const { read: capture } = lookUpContext('callstack-js') as ContextSource;

  it('is the frames of the program, innermost first, without ours', () => {
    const frames = program(`
      function inner() { return capture(); }
      class Shop { order() { return inner(); } }
      return new Shop().order();`)(capture) as string[];
    expect(frames.slice(0, 2)).toEqual([
      expect.stringMatching(/^inner \(\/app\/program\.js:2:\d+\)$/),
      expect.stringMatching(/^Shop\.order \(\/app\/program\.js:3:\d+\)$/),
    ]);
  });

  it('begins with a built-in function where the program called it', () => {
    const frames = program('return [0].map(capture)[0];')(capture) as string[];
    expect(frames.slice(0, 2)).toEqual(['Array.map (<anonymous>)', expect.stringContaining('/app/program.js:1:')]);
    const ours = program('return capture();')(tracer('return [0].map(capture)[0];').bind(null, capture)) as string[];
    expect(ours[0]).toContain('/app/program.js:1:');
  });

  it('has at most 32 frames', () => {
    const frames = program('const down = (n) => (n === 0 ? capture() : down(n - 1)); return down(100);')(capture);
    expect(frames).toHaveLength(32);
  });

  it.each([
    ['a limit of its own', 'Error.stackTraceLimit = 3'],
    ['no limit', 'delete Error.stackTraceLimit'],
    [
      'accessors',
      `Object.defineProperty(Error, 'stackTraceLimit', { configurable: true, get() { throw Error('seen') } })`,
    ],
    ['a preparation of its own', `Error.prepareStackTrace = () => { throw Error('seen') }`],
  ])('is complete and changes nothing in a program with %s', (_, setUp) => {
    const before = Object.getOwnPropertyDescriptors(Error);
    try {
      const [stack, same] = program(`
        ${setUp};
        const settings = () => ['stackTraceLimit', 'prepareStackTrace'].map((name) => Object.getOwnPropertyDescriptor(Error, name));
        const before = settings();
        const down = (n) => (n === 0 ? capture() : down(n - 1));
        const stack = down(20);
        const after = settings();
        return [stack, [0, 1].every((i) => before[i]?.value === after[i]?.value && before[i]?.get === after[i]?.get)];`)(
        capture,
      ) as [string[], boolean];
      expect(stack).toHaveLength(32);
      expect(same).toBe(true);
    } finally {
      for (const name of ['stackTraceLimit', 'prepareStackTrace'] as const) {
        Reflect.deleteProperty(Error, name);
        if (before[name] !== undefined) Object.defineProperty(Error, name, before[name]);
      }
    }
  });
});
