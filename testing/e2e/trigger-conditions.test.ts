/** Conditions about real programs: their end, stalls, and numbers of events. */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '@ringtail/ctl';
import { EVERY_TIME, EXIT_CAUSES, type TriggerCondition, type TriggerReport } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { makeSandbox, pause, program, type Running, startNode, until } from './harness.ts';

const [major = 0, minor = 0] = release().split('.').map(Number);
const tellsExits = major > 6 || (major === 6 && minor >= 15);
if (!tellsExits) console.warn(`SKIPPED: Linux ${release()} does not tell how a process ended that was waited for`);

/** A session daemon with these triggers by name, and a program that follows commands. */
async function setUp(conditions: Readonly<Record<string, TriggerCondition>>, env: Record<string, string> = {}) {
  const sandbox = makeSandbox();
  const runDirectory = join(sandbox.directory, 'run');
  const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
  const { client } = await spawnDaemon({ runDirectory, mainPath, env: { ...sandbox.env } });
  onTestFinished(() => client.close());
  const reports: TriggerReport[] = [];
  const incoming = await client.notifications();
  void (async () => {
    for await (const one of incoming) if (one.kind === 'trigger-fired') reports.push(one.report);
  })().catch(() => {});
  for (const [name, condition] of Object.entries(conditions)) {
    const actions = [{ kind: 'notify', ratePolicy: EVERY_TIME }] as const;
    await client.request('add-trigger', { trigger: { name, condition, actions }, ownerUid: null });
  }
  const start = async () => {
    const started = startNode(sandbox, [program('stalling.mjs')], { RINGTAIL_RUNDIR: runDirectory, ...env });
    await started.says(/ready/);
    return started;
  };
  const of = (name: string) => reports.filter(({ trigger }) => trigger === name);
  return { sandbox, start, app: await start(), of };
}

function tell(app: Running, line: string): void {
  app.process.stdin?.write(`${line}\n`);
}

const exited: TriggerCondition = { kind: 'application-exited', procname: '*', causes: EXIT_CAUSES };

it('reports a thread that does not return to its event loop, and a stopped process', async () => {
  const stalled = { kind: 'event-loop-stalled', procname: '*', periodUs: 500_000 } as const;
  const { sandbox, app, of } = await setUp({ stalled });
  // A busy machine may stall a program too, so the test waits only for required reports.
  const threads = (state: string) => {
    const told = of('stalled').filter(({ details }) => details.pid === app.pid && details.state === state);
    return new Set(told.map(({ details }) => details.tid));
  };
  const file = join(sandbox.directory, 'go');
  tell(app, `spin ${file}`);
  await until(() => threads('stalled').has(app.pid));
  writeFileSync(file, '');
  await app.says(/did spin/);
  // The worker as well. A thread that has not answered since an earlier stall is reported once it was able to answer.
  for (let round = 1; threads('stopped').size < 2; round++) {
    app.kill('SIGSTOP');
    await pause(round * 1000);
    app.kill('SIGCONT');
    await pause(round * 100);
  }
  app.process.stdin?.end();
  expect((await app.ended).code).toBe(0);
});

it('counts events in the program, and reports too many and none', async () => {
  const rule = { pattern: 'stalling:tick' };
  const { app, of } = await setUp({
    silence: { kind: 'no-event-for', rule, periodUs: 300_000 },
    rate: { kind: 'event-rate-above', rule, perSecond: 10_000 },
  });
  await until(() => of('silence').length === 1);
  tell(app, 'emit 1000');
  await until(() => of('silence').length === 2);
  expect(of('rate')).toEqual([]);
  tell(app, 'emit 50000');
  await until(() => of('rate').length === 1);
  expect(of('rate')[0]?.details.perSecond).toBeGreaterThan(10_000);
});

it('reports the exception that ended a program', async () => {
  const { app, of } = await setUp({ exited }, { RINGTAIL_GUARD: '1' });
  tell(app, 'throw nobody-catches-this');
  expect((await app.ended).code).toBe(1);
  await until(() => of('exited').length === 1);
  expect(of('exited')[0]?.details).toMatchObject({
    pid: app.pid,
    cause: 'exception',
    exitCode: 1,
    exception: expect.stringContaining('nobody-catches-this'),
  });
});

it('reports a killed program once for both of its threads, and no program that ended well', async () => {
  const { app, start, of } = await setUp({ exited });
  app.process.stdin?.end();
  expect((await app.ended).code).toBe(0);
  const killed = await start();
  killed.kill('SIGKILL');
  await until(() => of('exited').length > 0);
  const last = await start();
  last.kill('SIGKILL');
  await until(() => of('exited').length > 1);
  expect(of('exited').map(({ details }) => details.pid)).toEqual([killed.pid, last.pid]);
});
