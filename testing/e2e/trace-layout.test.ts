/** Directories and files of traces have LTTng's places, and at most the requested size. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  eventsOf,
  indexesOf,
  program,
  REGISTER_URL,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
} from './harness.ts';

async function emit(sandbox: Sandbox, count: number): Promise<void> {
  const ended = await startNode(sandbox, ['--import', REGISTER_URL, program('emit.mjs'), String(count)]).ended;
  expect(ended.code).toBe(0);
}

async function session(...channelOptions: string[]): Promise<{ sandbox: Sandbox; trace: string }> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-channel', '-u', 'c', ...channelOptions);
  await succeed(sandbox, 'enable-event', '-u', '-c', 'c', 'e2e:sample');
  await succeed(sandbox, 'start');
  return { sandbox, trace };
}

it('the trace of a process is in ust/pid/NAME-PID-DATE, without another directory', async () => {
  const { sandbox, trace } = await session('--buffer-ownership=process');
  await emit(sandbox, 3);
  await succeed(sandbox, 'destroy');
  const [directory, ...others] = readdirSync(join(trace, 'ust', 'pid'));
  expect([directory, others]).toEqual([expect.stringMatching(/^node-\d+-\d{8}-\d{6}$/), []]);
  expect(readdirSync(join(trace, 'ust', 'pid', directory as string)).sort()).toEqual(['c_0', 'index', 'metadata']);
  expect(indexesOf(eventsOf(sandbox, trace))).toEqual([0, 1, 2]);
});

it('a session that was started has ust, whether events were recorded, cleared, rotated or not', async () => {
  const { sandbox, trace } = await session('--buffer-ownership=process');
  expect(readdirSync(trace)).toEqual(['ust']);
  await succeed(sandbox, 'clear');
  expect(readdirSync(trace)).toEqual(['ust']);
  await emit(sandbox, 3);
  await succeed(sandbox, 'stop');
  await succeed(sandbox, 'clear');
  expect(readdirSync(join(trace, 'ust', 'pid'))).toEqual([]);
  await succeed(sandbox, 'start');
  await succeed(sandbox, 'rotate');
  expect(readdirSync(trace).sort()).toEqual(expect.arrayContaining(['archives', 'ust']));
  const [archive] = readdirSync(join(trace, 'archives'));
  expect(readdirSync(join(trace, 'archives', archive as string))).toEqual(['ust']);
  await succeed(sandbox, 'destroy');

  const { sandbox: other, trace: unused } = await session();
  await succeed(other, 'destroy');
  expect(readdirSync(unused)).toEqual(['ust']);
});

it('no trace file exceeds its size, however close that is to the size of a sub-buffer', async () => {
  for (const size of [4096, 5000, 8192, 20_000]) {
    const { sandbox, trace } = await session('--subbuf-size=4k', '--num-subbuf=64', `--tracefile-size=${size}`);
    await emit(sandbox, 400);
    await succeed(sandbox, 'destroy');
    const directory = join(trace, 'ust', 'uid', String(process.getuid?.()), '64-bit');
    const files = readdirSync(directory).filter((name) => name.startsWith('c_'));
    expect(files.length).toBeGreaterThan(1);
    const sizes = files.map((name) => statSync(join(directory, name)).size);
    expect(sizes.filter((bytes) => bytes > size)).toEqual([]);
    expect(indexesOf(eventsOf(sandbox, trace))).toEqual(Array.from({ length: 400 }, (_, index) => index));
  }
});
