/** The end of the daemons as a service manager causes it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  consumersOf,
  eventsOf,
  indexesOf,
  isRunning,
  program,
  REGISTER_URL,
  type Sandbox,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  startRingtail,
  succeed,
  until,
} from './harness.ts';

async function start(sandbox: Sandbox, name: string, ...options: string[]): Promise<void> {
  await succeed(sandbox, 'create', name, '-o', join(sandbox.directory, name), ...options);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:*');
  await succeed(sandbox, 'start');
}

describe('SIGTERM to all processes of a service at once', () => {
  it.each(['last', 'first'])('loses no event of rings and flight recorders, with the daemon %s', async (order) => {
    const sandbox = sandboxWithDaemon();
    await start(sandbox, 'day');
    await start(sandbox, 'box', '--snapshot');
    const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')]);
    await app.says(/ready/);
    app.process.stdin?.end();
    const emitted = Number((await app.says(/emitted (\d+)/))[1]);
    await app.ended;

    const daemon = sessionDaemonOf(sandbox);
    const others = childrenOf(daemon);
    const [consumer] = consumersOf(daemon);
    expect(others).toContain(consumer);
    expect(others.length).toBeGreaterThan(1);
    for (const pid of order === 'last' ? [...others, daemon] : [daemon, ...others]) process.kill(pid, 'SIGTERM');
    await until(() => [daemon, ...others].every((pid) => !isRunning(pid)));

    const all = Array.from({ length: emitted }, (_, index) => index);
    expect(indexesOf(eventsOf(sandbox, join(sandbox.directory, 'day')))).toEqual(all);
    const [snapshot, ...more] = readdirSync(join(sandbox.directory, 'box'));
    expect(more).toEqual([]);
    expect(indexesOf(eventsOf(sandbox, join(sandbox.directory, 'box', snapshot as string)))).toEqual(all);
  });
});

it('a helper process finishes its operation at a signal, and ends with its daemon', async () => {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 'first');
  const daemon = sessionDaemonOf(sandbox);
  const helpersOf = () => childrenOf(daemon).filter((pid) => !consumersOf(daemon).includes(pid));
  const helpers = helpersOf();
  expect(helpers.length).toBeGreaterThan(0);
  for (const pid of helpers) process.kill(pid, 'SIGSTOP');
  // The second is refused once the first has its name: a stopped helper then has the operation of the first.
  const creations = [1, 2].map(() => startRingtail(sandbox, ['create', 'second']));
  expect((await Promise.race(creations.map(({ ended }) => ended))).code).not.toBe(0);
  for (const pid of helpers) for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.kill(pid, signal);
  for (const pid of helpers) process.kill(pid, 'SIGCONT');
  const codes = (await Promise.all(creations.map(({ ended }) => ended))).map(({ code }) => code);
  expect(codes.filter((code) => code === 0)).toHaveLength(1);
  expect(helpersOf()).toEqual(expect.arrayContaining(helpers));
  process.kill(daemon, 'SIGTERM');
  await until(() => [daemon, ...helpers].every((pid) => !isRunning(pid)));
});
