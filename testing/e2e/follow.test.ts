import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectSameText,
  program,
  type Running,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startRingtail,
  succeed,
  until,
} from './harness.ts';
import { emittedBy, startSteps, untilEmittedMore } from './steps.ts';

/** An active session `s`, with a channel whose open sub-buffers are written every 50 ms. */
async function startedSession(...channelOptions: string[]): Promise<Sandbox & { readonly trace: string }> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-channel', '-u', 'c', '--switch-timer=50ms', ...channelOptions);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:*', '-c', 'c');
  await succeed(sandbox, 'start');
  return { ...sandbox, trace };
}

const follow = (sandbox: Sandbox, ...options: string[]) => startRingtail(sandbox, ['view', '--follow', ...options]);

function expectAll(text: string, app: Running, count: number): void {
  const indexes = [...text.matchAll(/vpid = (\d+),.*\bindex = (\d+)/g)]
    .filter(([, vpid]) => Number(vpid) === app.pid)
    .map(([, , index]) => Number(index));
  expect(indexes.length).toBe(count);
  expect(indexes.findIndex((index, at) => index !== at)).toBe(-1);
}

describe('ringtail view --follow', () => {
  it('prints events while they are recorded, over rotations, until the session stops', async () => {
    const sandbox = await startedSession();
    const followed = follow(sandbox, 's');
    const app = await startSteps(sandbox);
    await followed.says(/index = 20,/);
    for (let round = 0; round < 3; round++) {
      await untilEmittedMore(app, 100);
      await succeed(sandbox, 'rotate');
    }
    const count = await emittedBy(app);
    await succeed(sandbox, 'stop');
    const { code, stdout, stderr } = await followed.ended;
    expect([code, stderr]).toEqual([0, '']);
    expectAll(stdout, app, count);
    expectSameText(stdout, (await ringtail(sandbox, ['view', sandbox.trace])).stdout);
  });

  it('does not wait for a process that is idle, and ends when the session is destroyed', async () => {
    const sandbox = await startedSession('--subbuf-size=64k', '--num-subbuf=32', '--tracefile-size=64k');
    const idle = await startSteps(sandbox);
    idle.kill('SIGSTOP');
    const followed = follow(sandbox);
    const app = await startSteps(sandbox);
    await followed.says(new RegExp(`vpid = ${app.pid},.*index = 500,`));
    idle.kill('SIGCONT');
    const counts = [await emittedBy(idle), await emittedBy(app)];
    await succeed(sandbox, 'destroy');
    const { code, stdout, stderr } = await followed.ended;
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    for (const [i, one] of [idle, app].entries()) expectAll(stdout, one, counts[i]!);
  });

  it('ends at an interrupt, and prints JSON', async () => {
    const sandbox = await startedSession();
    await startSteps(sandbox);
    const followed = follow(sandbox, 's', '--output-format=json', '--filter', 'index >= 5');
    await followed.says(/"index":30,/);
    followed.kill('SIGINT');
    const { code, stdout } = await followed.ended;
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { fields: { index: number } });
    expect(events[0]!.fields.index).toBe(5);
  });

  it('follows a recording by its directory', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    const recording = startRingtail(sandbox, ['record', '-o', trace, '--', process.execPath, program('steps.mjs')], {
      RINGTAIL_RUNDIR: undefined,
    });
    await recording.says(/ready/);
    const followed = follow(sandbox, trace);
    await followed.says(/index = 20,/);
    recording.process.stdin?.end();
    await recording.ended;
    const { code, stdout } = await followed.ended;
    expect(code).toBe(0);
    expectSameText(stdout, (await ringtail(sandbox, ['view', trace])).stdout);
  });

  it('warns of reasons why no event comes, and refuses what it cannot follow', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
    await succeed(sandbox, 'enable-event', '-u', 'e2e:*');
    const { code, stderr } = await ringtail(sandbox, ['view', '--follow', 's']);
    expect(code).toBe(0);
    expect(stderr).toContain('session s is not recording');
    await succeed(sandbox, 'start');
    const followed = follow(sandbox, 's');
    await until(() => followed.stderr.includes('no event has been written yet'));
    await succeed(sandbox, 'stop');
    expect(await followed.ended).toMatchObject({ code: 0, stdout: '' });
    expect(await ringtail(sandbox, ['view', '--follow', 's', '--begin', '5'])).toMatchObject({ code: 1, stdout: '' });
    await succeed(sandbox, 'create', 'box', '--snapshot');
    expect(await ringtail(sandbox, ['view', '--follow', 'box'])).toMatchObject({ code: 1, stdout: '' });
  });
});
