/** The tracer as a guest: its observable effects on the process, and its behaviour if it cannot work. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, makeSandbox, program, REGISTER_URL, record, startNode } from './harness.ts';

const LISTENERS =
  'console.log(JSON.stringify(Object.fromEntries(process.eventNames().map((n) => [String(n), process.listenerCount(n)]))))';

/** Prints the flags of standard error, which a stream of Node.js makes non-blocking if it is a pipe. */
const FLAGS_OF_STDERR = `
  import { readFileSync } from 'node:fs';
  console.log(/^flags:.*/m.exec(readFileSync('/proc/self/fdinfo/2', 'latin1'))[0]);`;

describe('in an application', () => {
  it('the tracer does not open standard error, a pipe that the program may share', async () => {
    const sandbox = makeSandbox();
    const flags = async (...options: string[]) =>
      (await startNode(sandbox, [...options, '--input-type=module', '-e', FLAGS_OF_STDERR]).ended).stdout;
    expect(await flags('--import', REGISTER_URL)).toBe(await flags());
  });

  it('the tracer adds no listener and keeps nothing alive', async () => {
    const sandbox = makeSandbox();
    const { ended, summary } = await record(sandbox, [process.execPath, program('guest.mjs')]);
    const untraced = await startNode(sandbox, ['--input-type=module', '-e', LISTENERS]).ended;
    const { listeners, resources } = JSON.parse(ended.stdout) as { listeners: object; resources: string[] };
    expect(summary.eventsRecorded).toBe(10);
    expect(listeners).toEqual(JSON.parse(untraced.stdout));
    expect(resources.filter((name) => !/TTY|Pipe(Wrap)?|CloseReq$/.test(name))).toEqual([]);
  });

  it('without koffi does nothing, and reports why only on request', async () => {
    const sandbox = makeSandbox();
    const off = { RINGTAIL_NO_KOFFI: '1' };
    const command = ['--import', REGISTER_URL, program('guest.mjs')];
    const run = (env: Record<string, string>) => startNode(sandbox, command, env).ended;
    const { ended, summary } = await record(sandbox, [
      'env',
      'RINGTAIL_NO_KOFFI=1',
      process.execPath,
      program('guest.mjs'),
    ]);
    expect(ended.code).toBe(0);
    expect(summary.eventsRecorded).toBe(0);
    expect((await run(off)).stderr).toBe('');
    const asked = await record({ ...sandbox, directory: sandbox.home }, [
      'env',
      'RINGTAIL_NO_KOFFI=1',
      'RINGTAIL_DEBUG=1',
      process.execPath,
      program('guest.mjs'),
    ]);
    expect(asked.ended.stderr).toContain('ringtail: RINGTAIL_NO_KOFFI=1 turns koffi off');
  });

  it('records without generated code if code generation is forbidden', async () => {
    const sandbox = makeSandbox();
    const forbidden = '--disallow-code-generation-from-strings';
    const { summary, trace } = await record(sandbox, [process.execPath, forbidden, program('guest.mjs')]);
    expect(summary.eventsRecorded).toBe(10);
    expect(eventsOf(sandbox, trace).at(-1)?.fields).toContain('{ index = 9, text = "number 9" }');
  });

  it('tracef and tracelog record messages with the place of the call, and survive values that throw', async () => {
    const sandbox = makeSandbox();
    const { ended, trace } = await record(sandbox, [process.execPath, program('messages.mjs')]);
    expect(ended.code).toBe(0);
    const [hello, disk, unformattable] = eventsOf(sandbox, trace);
    expect([hello?.name, hello?.fields]).toEqual([
      'lttng_ust_tracef:event',
      expect.stringContaining('{ msg = "hello world" }'),
    ]);
    expect(disk?.name).toBe('lttng_ust_tracelog:TRACE_WARNING');
    expect(disk?.fields).toMatch(/line = 5, file = ".*\/messages\.mjs", func = "place", msg = "disk at 93 %" }$/);
    expect(unformattable?.fields).toContain('not me');
  });

  it('two copies of the tracer share one registration and one ring', async () => {
    const sandbox = makeSandbox();
    const { ended, summary, trace } = await record(sandbox, [
      process.execPath,
      program('two-tracers.mjs'),
      join(sandbox.directory, 'copy'),
    ]);
    expect(ended.code).toBe(0);
    expect(summary.dataStreams).toBe(1);
    expect(eventsOf(sandbox, trace).map(({ name }) => name)).toEqual([
      ...Array(3).fill('first:event'),
      ...Array(3).fill('second:event'),
    ]);
  });

  it('workers that start while others end do not unmap the memory of each other', async () => {
    const sandbox = makeSandbox();
    const { ended, summary } = await record(sandbox, [process.execPath, program('worker-churn.mjs'), '48', '8']);
    expect([ended.code, summary.signal]).toEqual([0, null]);
    expect(summary.eventsRecorded).toBe(48);
  });

  it('terminated workers leave at most the rings of the last ones', async () => {
    const sandbox = makeSandbox();
    const { ended, summary } = await record(sandbox, [process.execPath, program('worker-churn.mjs'), '8']);
    expect(summary.eventsRecorded).toBe(8);
    const [rings, , controlFiles] = ended.stdout.trim().split(' ').map(Number);
    expect(rings).toBeLessThanOrEqual(2);
    // The main thread's ring as well.
    expect(controlFiles).toBeLessThanOrEqual(3);
  });
});
