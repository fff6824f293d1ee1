import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CONTROL_COUNTERS_OFFSET,
  DEFAULT_CHANNEL,
  DEFAULT_SESSION,
  type LookMessage,
  type TriggerCondition,
  type TriggerReport,
} from '@ringtail/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeApplication } from '../../testing/fake-application.test.support.ts';
import { tellsExits } from '../../testing/tells-exits.test.support.ts';
import { type TestClient, TestDaemon } from '../../testing/test-daemon.test.support.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/testing/ending-application.test.support.js', import.meta.url));

let daemon: TestDaemon;
let client: TestClient;
const applications: FakeApplication[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => {
  daemon = new TestDaemon();
  await daemon.start();
  client = await daemon.client();
  await client.ask('subscribe', {});
});
afterEach(async () => {
  for (const application of applications.splice(0)) application.close();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const { name } of await client.ask('list-triggers', {})) {
    await client.ask('remove-trigger', { name, ownerUid: null });
  }
  for (const { name } of await client.ask('list-sessions', {})) await client.ask('destroy-session', { session: name });
});
afterAll(async () => {
  await daemon.dispose();
});

async function application(procname: string, tid = process.pid): Promise<FakeApplication> {
  const registered = await FakeApplication.registered(daemon.directory.appSocket, { procname, tid });
  applications.push(registered);
  return registered;
}

async function trigger(name: string, condition: TriggerCondition): Promise<void> {
  const actions = [{ kind: 'notify', ratePolicy: { every: 1 } }] as const;
  await client.ask('add-trigger', { trigger: { name, condition, actions }, ownerUid: null });
}

function reports(name: string): TriggerReport[] {
  return client.notifications.flatMap((one) =>
    one.kind === 'trigger-fired' && one.report.trigger === name ? [one.report] : [],
  );
}

/** The next `look`, as an application gets it among the answers. */
async function look(app: FakeApplication): Promise<LookMessage> {
  for (;;) {
    const message = (await app.reply()) as LookMessage | undefined;
    if (message === undefined) throw new Error('the daemon has closed the connection');
    if (message.type === 'look' && message.turn !== 0) return message;
  }
}

function count(app: FakeApplication, index: number, value: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  writeSync(app.control, bytes, 0, 8, CONTROL_COUNTERS_OFFSET + index * 8);
}

/** Where the only trigger that the application is told of counts. */
function counterOf(app: FakeApplication): number | undefined {
  return app.state()?.triggers[0]?.counter;
}

async function createSession(rule: { pattern: string; filter?: string }): Promise<void> {
  await client.ask('create-session', { name: 's', output: join(daemon.parent, 's'), ...DEFAULT_SESSION });
  await client.ask('enable-event', { session: 's', channel: null, rule });
}

describe('a trigger', () => {
  it.runIf(tellsExits)(
    'is set off by an application that was killed, and not by one that has done its work',
    async () => {
      const causes = ['signal', 'exit-code', 'unknown'] as const;
      await trigger('exited', { kind: 'application-exited', procname: 'victim', causes });
      const gone = (pid: number | undefined) =>
        client.notifications.some((one) => one.kind === 'application-gone' && one.pid === pid);
      for (const [how, procname] of [
        ['exit 0', 'victim'],
        ['raise SIGKILL', 'bystander'],
        ['raise SIGKILL', 'victim'],
      ]) {
        const child = spawn(process.execPath, [PROGRAM, daemon.directory.appSocket, procname!], {
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        children.push(child);
        await once(child.stdout!, 'data');
        child.stdin!.write(`${how}\n`);
        await expect.poll(() => gone(child.pid)).toBe(true);
      }
      await expect
        .poll(() => reports('exited'))
        .toMatchObject([
          {
            condition: 'application-exited',
            details: { pid: children.at(-1)?.pid, procname: 'victim', cause: expect.any(String) },
          },
        ]);
    },
  );

  it('is set off by a thread that does not answer, once until it does', async () => {
    const [awake, asleep] = [await application('loop', 1), await application('loop', 2)];
    await application('other');
    await trigger('stalled', { kind: 'event-loop-stalled', procname: 'loop', periodUs: 200_000 });
    // On a busy machine, this process may be late with the answers of the other thread.
    const ofAsleep = () => reports('stalled').filter(({ details }) => details.tid === 2);
    let watching = true;
    const answering = (async () => {
      while (watching) awake.send({ type: 'alive', turn: (await look(awake)).turn });
    })();
    for (let stall = 1; stall <= 2; stall++) {
      const { turn } = await look(asleep);
      await expect.poll(() => ofAsleep().length).toBe(stall);
      asleep.send({ type: 'alive', turn });
    }
    watching = false;
    // A socket must not be closed while it is read.
    await answering;
    for (const { details } of reports('stalled')) expect(details).toMatchObject({ procname: 'loop', state: 'stalled' });
  });

  it('is set off by events above a rate, without messages for them', async () => {
    const app = await application('fast');
    await trigger('rate', { kind: 'event-rate-above', rule: { pattern: 'a:*' }, perSecond: 1000 });
    await expect.poll(() => counterOf(app)).toBeDefined();
    expect(app.state()?.triggers).toMatchObject([{ reports: null }]);
    count(app, counterOf(app)!, 50_000);
    await expect.poll(() => reports('rate')).toMatchObject([{ details: { perSecond: expect.any(Number) } }]);
  });

  it('is set off by missing events, while there is an application', async () => {
    await trigger('silence', { kind: 'no-event-for', rule: { pattern: 'a:*' }, periodUs: 300_000 });
    const app = await application('silent');
    await expect.poll(() => reports('silence').length).toBe(1);
    await expect.poll(() => counterOf(app)).toBeDefined();
    count(app, counterOf(app)!, 1);
    await expect.poll(() => reports('silence').length).toBe(2);
  });

  it('is set off by a ring that fills up, in a channel that is enabled later', async () => {
    const usage = { kind: 'channel-buffer-usage', session: 's', channel: DEFAULT_CHANNEL.name } as const;
    await trigger('full', { ...usage, comparison: 'at-least', threshold: { ratio: 0.5 } });
    await trigger('fuller', { ...usage, comparison: 'at-least', threshold: { ratio: 0.9 } });
    await application('writer');
    await createSession({ pattern: 'a:*' });
    await client.ask('start-session', { session: 's' });
    await expect.poll(() => reports('full')).toMatchObject([{ details: { usedBytes: 600, ringBytes: 1000 } }]);
    expect(reports('fuller')).toEqual([]);
  });
});

describe('session-diagnosis', () => {
  it('reports how far events could get, and the decisions of filters', async () => {
    const app = await application('shop');
    app.send({ type: 'tracepoints', tracepoints: [{ name: 'shop:order', logLevel: 6, fields: [] }] });
    await createSession({ pattern: 'shop:*', filter: 'n > 5' });
    const before = await client.ask('session-diagnosis', { session: 's' });
    expect(before).toMatchObject({
      active: false,
      startedOnce: false,
      threadsRegistered: 1,
      threadsUntracked: 0,
      rules: [{ named: 1, notExcluded: 1, ofLogLevel: 1, filterEvaluations: null }],
      tracepointNames: ['shop:order'],
    });
    await client.ask('start-session', { session: 's' });
    const counters = app.state()?.channels[0]?.filterCounters;
    count(app, counters!.evaluated, 12);
    count(app, counters!.rejected, 12);
    const after = await client.ask('session-diagnosis', { session: 's' });
    expect(after).toMatchObject({ active: true, rules: [{ filterEvaluations: 12, filterRejections: 12 }] });
    app.close();
    await expect
      .poll(() => client.ask('session-diagnosis', { session: 's' }))
      .toMatchObject({ threadsRegistered: 0, rules: [{ named: 1, filterEvaluations: 12, filterRejections: 12 }] });
  });

  it('is refused for a session that does not exist', async () => {
    expect(await client.reply('session-diagnosis', { session: 'none' })).toMatchObject({ code: 'NO_SUCH_SESSION' });
  });
});
