import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  eventsOf,
  program,
  REGISTER_URL,
  type Running,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
} from './harness.ts';

const EVENTS = 100;

/** A sandbox with a separate session daemon, and a new session `s` that is not started. */
async function sandboxWithSession(...channelOptions: string[]): Promise<{ sandbox: Sandbox; trace: string }> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-channel', '-u', 'c', ...channelOptions);
  await succeed(sandbox, 'enable-event', '-u', '-c', 'c', 'e2e:*');
  return { sandbox, trace };
}

function startThreads(sandbox: Sandbox, workers: number): Running {
  const args = ['--import', REGISTER_URL, program('threads.mjs'), `${workers}`, `${EVENTS}`];
  return startNode(sandbox, args);
}

const vpidsOf = (events: readonly { readonly fields: string }[]) =>
  new Set(events.map(({ fields }) => Number(/vpid = (\d+)/.exec(fields)?.[1])));

it('buffers per process make one trace for each process, with all its threads', async () => {
  const { sandbox, trace } = await sandboxWithSession('--buffer-ownership=process');
  await succeed(sandbox, 'enable-event', '-u', '-c', 'c', 'e2e:s*', '--filter', 'index >= 0');
  await succeed(sandbox, 'add-context', '-u', '-t', 'vuid');
  await succeed(sandbox, 'start');
  const programs = [startThreads(sandbox, 2), startThreads(sandbox, 0)];
  for (const running of programs) expect((await running.ended).code).toBe(0);
  await succeed(sandbox, 'stop');
  await succeed(sandbox, 'destroy');

  const processes = join(trace, 'ust', 'pid');
  const directories = readdirSync(processes);
  expect(directories).toHaveLength(2);
  for (const [idx, threads] of [3, 1].entries()) {
    const { pid } = programs[idx]!;
    const directory = directories.find((name) => name.includes(`-${pid}-`)) as string;
    expect(directory).toMatch(/^node-\d+-\d{8}-\d{6}$/);
    // Two rules match each event, which is recorded once.
    const events = eventsOf(sandbox, join(processes, directory));
    expect(events).toHaveLength(threads * EVENTS);
    expect(vpidsOf(events)).toEqual(new Set([pid]));
    expect(events[0]?.fields).toContain(`vuid = ${process.getuid?.()}`);
  }
});

it('a tracker selects the recorded processes, including later ones', async () => {
  const { sandbox, trace } = await sandboxWithSession();
  await succeed(sandbox, 'untrack', '-u', '--vpid', '--all');
  await succeed(sandbox, 'start');
  expect((await startThreads(sandbox, 1).ended).code).toBe(0);
  const uid = process.getuid?.() as number;
  await succeed(sandbox, 'track', '-u', '--vpid', '--all');
  await succeed(sandbox, 'track', '-u', `--vuid=${uid + 1}`);
  expect((await startThreads(sandbox, 1).ended).code).toBe(0);
  await succeed(sandbox, 'track', '-u', `--vuid=${uid}`);
  const recorded = startThreads(sandbox, 1);
  expect((await recorded.ended).code).toBe(0);
  await succeed(sandbox, 'destroy');
  const events = eventsOf(sandbox, trace);
  expect(events).toHaveLength(2 * EVENTS);
  expect(vpidsOf(events)).toEqual(new Set([recorded.pid]));
});
