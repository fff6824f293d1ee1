/** The wait of a program that records its first event, for a session daemon that is too busy to answer. */
import type { SessionStatistics } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import {
  IMPATIENT,
  isRunning,
  pause,
  program,
  type Running,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';

/** Longer than the default limit of the wait. */
const BUSY_MS = 1500;

interface Scene {
  readonly sandbox: Sandbox;
  readonly running: Running;
  readonly daemon: number;
}

/** A program that is registered, has emitted nothing, and emits as many events as each line of its input says. */
async function setUp(env: Sandbox['env']): Promise<Scene> {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 's', '-o', `${sandbox.directory}/trace`);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:*');
  await succeed(sandbox, 'start');
  const running = startNode(sandbox, [program('bursts.mjs')], env);
  await until(async () => (await succeed(sandbox, 'list', '-u')).includes('e2e:burst'));
  const daemon = sessionDaemonOf(sandbox);
  onTestFinished(() => {
    if (isRunning(daemon)) process.kill(daemon, 'SIGCONT');
  });
  return { sandbox, running, daemon };
}

async function statisticsOf(sandbox: Sandbox): Promise<SessionStatistics> {
  return (await resultOf<{ statistics: SessionStatistics }>(sandbox, 'list', 's')).statistics;
}

async function end(running: Running): Promise<void> {
  running.process.stdin?.end();
  expect((await running.ended).code).toBe(0);
}

it('a program by default goes on after a second, and records again once the daemon answers', async () => {
  const { sandbox, running, daemon } = await setUp(IMPATIENT);
  process.kill(daemon, 'SIGSTOP');
  running.process.stdin?.write('1\n');
  // The daemon answers only after the program has gone on by itself.
  await running.says(/did 1\n/);
  process.kill(daemon, 'SIGCONT');
  let emitted = 1;
  await until(async () => {
    running.process.stdin?.write('1\n');
    emitted += 1;
    return (await statisticsOf(sandbox)).eventsRecorded > 0;
  });
  await end(running);
  const { code, stderr } = await ringtail(sandbox, ['stop']);
  expect([code, stderr]).toEqual([0, expect.stringContaining('the daemon did not answer in time')]);
  const { eventsRecorded, eventsDiscarded } = await statisticsOf(sandbox);
  expect(eventsDiscarded).toBeGreaterThan(0);
  expect(eventsRecorded + eventsDiscarded).toBe(emitted);
});

it('a program that waits without a limit loses nothing', async () => {
  const { sandbox, running, daemon } = await setUp({ RINGTAIL_REGISTER_TIMEOUT: '-1' });
  process.kill(daemon, 'SIGSTOP');
  running.process.stdin?.write('1\n');
  await pause(BUSY_MS);
  process.kill(daemon, 'SIGCONT');
  await running.says(/did 1\n/);
  await end(running);
  expect(await ringtail(sandbox, ['stop'])).toMatchObject({ code: 0, stderr: '' });
  expect(await statisticsOf(sandbox)).toMatchObject({ eventsRecorded: 1, eventsDiscarded: 0 });
});
