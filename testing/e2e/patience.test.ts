/** The wait of a program that records its first event, for a session daemon that is too busy to answer. */
import type { SessionStatistics } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import {
  IMPATIENT,
  isRunning,
  pause,
  program,
  resultOf,
  ringtail,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';

/** Longer than the default limit of the wait. */
const BUSY_MS = 1500;

it.each([
  ['by default goes on after a second, and counts the event as discarded', IMPATIENT, 1],
  ['that waits without a limit loses nothing', { RINGTAIL_REGISTER_TIMEOUT: '-1' }, 0],
])('a program %s', { timeout: 60_000 }, async (_, env, discarded) => {
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

  process.kill(daemon, 'SIGSTOP');
  running.process.stdin?.write('1\n');
  await pause(BUSY_MS);
  process.kill(daemon, 'SIGCONT');
  await running.says(/did 1\n/);
  running.process.stdin?.end();
  expect((await running.ended).code).toBe(0);
  expect(await ringtail(sandbox, ['stop'])).toMatchObject({
    code: 0,
    stderr: discarded === 0 ? '' : expect.stringContaining('the daemon did not answer in time'),
  });
  const { statistics } = await resultOf<{ statistics: SessionStatistics }>(sandbox, 'list', 's');
  expect(statistics).toMatchObject({ eventsRecorded: 1 - discarded, eventsDiscarded: discarded });
});
