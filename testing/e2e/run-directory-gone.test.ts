/** A session daemon whose run directory is removed can be reached again, or ends. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  eventsOf,
  indexesOf,
  isRunning,
  program,
  REGISTER_URL,
  ringtail,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';

it('an idle session daemon ends once its run directory is gone', async () => {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
  const pid = sessionDaemonOf(sandbox);
  rmSync(join(sandbox.directory, 'run'), { recursive: true });
  await until(() => !isRunning(pid));
});

it('a recording session daemon makes its run directory again, and loses no event', async () => {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:sample');
  await succeed(sandbox, 'start');
  const emit = async () =>
    expect((await startNode(sandbox, ['--import', REGISTER_URL, program('emit.mjs'), '100']).ended).code).toBe(0);
  await emit();
  rmSync(join(sandbox.directory, 'run'), { recursive: true });
  await until(async () => (await ringtail(sandbox, ['list', 's'])).code === 0);
  await emit();
  await succeed(sandbox, 'destroy');
  const once = Array.from({ length: 100 }, (_, index) => index);
  expect(indexesOf(eventsOf(sandbox, trace))).toEqual([...once, ...once]);
});
