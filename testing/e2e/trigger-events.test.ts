import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '@ringtail/ctl';
import {
  DEFAULT_CHANNEL,
  type DesiredTrigger,
  type Notification,
  type RatePolicy,
  type TriggerAction,
  type TriggerCondition,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Acknowledging } from './acknowledging.ts';
import { FakeSessionDaemon } from './fake-session-daemon.ts';
import { eventsOf, makeSandbox, program, REGISTER_URL, startNode, until } from './harness.ts';

const TRIGGER_EVENTS = program('trigger-events.mjs');

interface TestTrigger extends Partial<DesiredTrigger> {
  readonly pattern: string;
  readonly filter?: string;
  readonly captures?: readonly string[];
}

function trigger(
  key: number,
  { pattern, filter, captures, counter = 100 * key, keys = [] }: TestTrigger,
): DesiredTrigger {
  const rule = { pattern, ...(filter !== undefined && { filter }) };
  return { key, rule, counter, keys, reports: captures === undefined ? null : { captures, missed: counter + 2 } };
}

describe('an application with triggers', () => {
  it('reports a match at once, with captures, in a program that does not return to its event loop', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [
      trigger(7, {
        pattern: 'trig:one',
        filter: 'n == 1',
        captures: ['name', 'id', 'list', 'list[2]', 'none', '$ctx.vpid'],
      }),
      trigger(8, { pattern: 'trig:one', filter: 'n == 2', captures: [] }),
      trigger(9, { pattern: 'trig:*', captures: [] }),
    ]);
    const file = join(sandbox.directory, 'go');
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'spin', file], daemon.env);
    await until(() => daemon.of('trigger-matched').length === 2);
    expect(daemon.told(7)).toEqual({
      messages: 1,
      matches: 1,
      discarded: 0,
      captures: ['spinning', '1152921504606846976', [1, 2, 3], 3, null, app.pid],
    });
    expect(daemon.told(9)).toMatchObject({ messages: 1, matches: 1 });

    // It sends a sign of life only in its event loop.
    daemon.registrations[0]?.send({ type: 'look', turn: 5 });
    expect(daemon.of('alive')).toEqual([]);
    writeFileSync(file, '');
    await app.says(/released/);
    await until(() => daemon.of('alive').length > 0);
    expect(daemon.of('alive')).toEqual([{ type: 'alive', turn: 5 }]);
    app.process.stdin?.end();
    expect((await app.ended).code).toBe(0);
  });

  it('sums faster matches, and loses none', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [trigger(1, { pattern: 'trig:one', captures: ['n'] })]);
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'flood', '300000'], daemon.env);
    const emitted = await app.says(/emitted in (\d+) ms/);
    await until(() => daemon.told(1).matches === 300_000);
    expect(daemon.told(1)).toMatchObject({ discarded: 0, captures: [299_999] });
    // A burst, the matches during it, and the report of the event loop after it.
    expect(daemon.told(1).messages).toBeLessThan(20 + 0.1 * Number(emitted[1]));
    app.process.stdin?.end();
    await app.ended;
  });

  it('counts without a message, and announces the keys of maps', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [
      trigger(1, { pattern: 'trig:*', counter: 2 }),
      trigger(2, { pattern: 'trig:one', filter: 'n < 10', counter: 4 }),
      trigger(3, { pattern: 'trig:*', keys: [{ group: 11, scope: 12, template: '{provider_name}/{event_name}' }] }),
      trigger(4, { pattern: 'trig:*', counter: 3 }),
    ]);
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'count', '1000'], daemon.env);
    await app.says(/emitted/);
    const [registration] = daemon.registrations;
    await until(() => daemon.of('counters').length === 2);
    expect([2, 4, 3].map((index) => registration?.counter(index))).toEqual([2000, 10, 0]);
    expect(daemon.of('counters').flatMap(({ counters }) => counters)).toEqual([
      { index: 16_384, group: 11, key: 'trig/trig:one', start: 0 },
      { index: 16_386, group: 11, key: 'trig/trig:two', start: 0 },
    ]);
    expect([16_384, 16_386].map((index) => registration?.counter(index))).toEqual([1000, 1000]);
    expect(daemon.of('trigger-matched')).toEqual([]);
    // Odd counters are those of another daemon.
    expect(daemon.of('trouble')).toMatchObject([{ code: 'NO_COUNTER' }]);
    app.process.stdin?.end();
    await app.ended;
  });

  it('is not delayed by a daemon that does not read, and accounts for every match', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [trigger(1, { pattern: 'trig:one', captures: ['name'] })]);
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'flood', '30000', '60000'], daemon.env);
    await until(() => daemon.told(1).messages > 0);
    const registration = daemon.registrations[0] as NonNullable<(typeof daemon.registrations)[0]>;
    registration.isDeaf = true;
    await app.says(/emitted in/);
    registration.isDeaf = false;
    await until(() => daemon.told(1).matches + daemon.told(1).discarded === 30_000);
    app.process.stdin?.end();
    await app.ended;
  });

  it('names a trigger that cannot be evaluated, and evaluates the others', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [
      trigger(1, { pattern: 'trig:*', filter: 'n ==', captures: [] }),
      trigger(2, { pattern: 'trig:*', captures: ['n +'] }),
      trigger(3, { pattern: 'trig:*', captures: ['n'] }),
    ]);
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'flood', '1'], daemon.env);
    await until(() => daemon.told(3).matches === 1);
    expect(daemon.of('trouble')).toMatchObject([{ code: 'BAD_FILTER' }, { code: 'BAD_FILTER' }]);
    app.process.stdin?.end();
    await app.ended;
  });
});

describe('a process under guard', () => {
  interface End {
    readonly code: number | null;
    readonly exceptions: readonly string[];
    readonly exits: readonly number[];
    readonly goodbyes: readonly { readonly exitCode: number; readonly exception: RegExp | null }[];
  }
  const ended = (code: number, exceptions: readonly string[] = [], exception: RegExp | null = null): End => ({
    code,
    exceptions,
    exits: [code],
    goodbyes: [{ exitCode: code, exception }],
  });
  const ENDS: Readonly<Record<string, End>> = {
    naturally: ended(0),
    'with-a-code': ended(3),
    'in-the-middle': ended(4),
    really: ended(5),
    'without-listeners': ended(6),
    'by-abort': { code: null, exceptions: [], exits: [], goodbyes: [] },
    'by-exception': ended(1, ['outer'], /Error: outer.*TypeError: inner.*innermost/s),
    'by-rejection': ended(1, ['rejected'], /Error: rejected/),
    'by-something-thrown': ended(1, ['something without a text was thrown'], /something without a text/),
    'by-handled-exception': ended(7, ['handled'], /Error: handled/),
    'after-survived-exception': ended(0, ['survived']),
    // The worker and the thread that started it.
    'by-worker': ended(1, ['in a worker', 'in a worker'], /in a worker/),
    'after-handled-worker': ended(0, ['in a handled worker']),
  };

  it('reports its end in every way', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, [
      trigger(1, { pattern: 'ringtail_process:exit', captures: ['code'] }),
      trigger(2, { pattern: 'ringtail_process:uncaught_exception', captures: ['message', 'stack', 'cause'] }),
    ]);
    const env = { ...daemon.env, RINGTAIL_GUARD: '1' };
    const found = await Promise.all(
      Object.keys(ENDS).map(async (how) => {
        const app = startNode(sandbox, ['--import', REGISTER_URL, program('ends.mjs'), how], env);
        const { code } = await app.ended;
        const threads = () => daemon.registrations.filter(({ pid }) => pid === app.pid);
        await until(() => threads().length > 0 && threads().every(({ isOpen }) => !isOpen));
        const matches = threads().flatMap((thread) => thread.of('trigger-matched'));
        const captured = (key: number) =>
          matches.filter((match) => match.trigger === key).map((match) => match.captures[0]);
        const goodbyes = threads().flatMap((thread) => thread.of('goodbye'));
        return [how, { code, exceptions: captured(2), exits: captured(1), goodbyes }];
      }),
    );
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        Object.entries(ENDS).map(([how, end]) => [
          how,
          {
            ...end,
            goodbyes: end.goodbyes.map(({ exitCode, exception }) => ({
              type: 'goodbye',
              exitCode,
              exception: exception === null ? null : expect.stringMatching(exception),
            })),
          },
        ]),
      ),
    );
  });

  it('reports only with the setting; another process reports nothing and has no further listener', async () => {
    const sandbox = makeSandbox();
    const daemon = new FakeSessionDaemon(sandbox, []);
    const listeners = `console.log(['exit', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name)).join())`;
    const plain = startNode(sandbox, ['--import', 'data:text/javascript,0', '-e', listeners]);
    const app = startNode(sandbox, ['--import', REGISTER_URL, '-e', listeners], daemon.env);
    expect((await app.ended).stdout).toBe((await plain.ended).stdout);
    await until(() => daemon.registrations.length > 0 && daemon.registrations.every(({ isOpen }) => !isOpen));
    expect(daemon.of('goodbye')).toEqual([]);
    expect(daemon.of('tracepoints').flatMap(({ tracepoints }) => tracepoints.map(({ name }) => name))).not.toContain(
      'ringtail_process:exit',
    );
  });
});

describe('triggers of a session daemon', () => {
  const EVERY: { ratePolicy: RatePolicy } = { ratePolicy: { every: 1 } };
  const SESSION = 'watched';

  async function setUp() {
    const base = makeSandbox();
    const runDirectory = join(base.directory, 'run');
    const sandbox = { ...base, env: { ...base.env, RINGTAIL_RUNDIR: runDirectory } };
    const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
    const { client } = await spawnDaemon({ runDirectory, mainPath, env: { ...sandbox.env } });
    onTestFinished(() => client.close());
    const notifications: Notification[] = [];
    const incoming = await client.notifications();
    void (async () => {
      for await (const notification of incoming) notifications.push(notification);
    })().catch(() => {});
    const noted = async <K extends Notification['kind']>(kind: K): Promise<Extract<Notification, { kind: K }>> => {
      const found = () => notifications.find((notification) => notification.kind === kind);
      await until(() => found() !== undefined);
      return found() as Extract<Notification, { kind: K }>;
    };
    const addTrigger = (name: string, condition: TriggerCondition, ...actions: readonly TriggerAction[]) =>
      client.request('add-trigger', { trigger: { name, condition, actions }, ownerUid: null });
    const described = async (name: string) =>
      (await client.request('list-triggers', {})).find((one) => one.name === name);
    return { sandbox, client, noted, addTrigger, described };
  }

  const matches = (pattern: string, filter?: string, ...captures: readonly string[]): TriggerCondition => ({
    kind: 'event-rule-matches',
    rule: { pattern, ...(filter !== undefined && { filter }) },
    captures,
  });

  it('take a snapshot with the matching event, of a program that does not return to its event loop', async () => {
    const { sandbox, client, noted, addTrigger } = await setUp();
    const output = join(sandbox.directory, 'trace');
    await client.createSession({ name: SESSION, output, snapshot: true });
    await client.enableChannel(SESSION, { ...DEFAULT_CHANNEL, name: 'all', mode: 'overwrite' });
    await client.enableEvent(SESSION, { pattern: 'trig:*' }, 'all');
    await client.startSession(SESSION);
    const snapshot = { kind: 'snapshot-session', session: SESSION, output: null, name: null, maxBytes: null } as const;
    await addTrigger(
      'one',
      matches('trig:one', 'n == 1', 'name', 'id'),
      { kind: 'notify', ...EVERY },
      { ...snapshot, ...EVERY },
    );
    const file = join(sandbox.directory, 'go');
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'spin', file]);
    expect((await noted('trigger-fired')).report).toMatchObject({
      trigger: 'one',
      occurrences: 1,
      captures: { name: 'spinning', id: '1152921504606846976' },
    });
    const { path } = await noted('snapshot-recorded');
    expect(eventsOf(sandbox, path).map(({ name, fields }) => [name, /n = \d+/.exec(fields)?.[0]])).toEqual([
      ['trig:one', 'n = 1'],
    ]);
    writeFileSync(file, '');
    app.process.stdin?.end();
    expect((await app.ended).code).toBe(0);
    await client.destroySession(SESSION);
  });

  it('count every occurrence, however fast, with and without a recording session', async () => {
    const { sandbox, client, addTrigger, described } = await setUp();
    await client.createSession({ name: SESSION, output: join(sandbox.directory, 'trace') });
    await client.request('add-map', {
      session: SESSION,
      domain: 'user',
      map: {
        name: 'kinds',
        valueType: 'signed-int-64',
        keyCountMax: 16,
        updatePolicy: 'per-event',
        ownership: 'process',
        deadProcesses: 'sum',
      },
    });
    await client.startSession(SESSION);
    await addTrigger('told', matches('trig:*', 'n >= 0'), { kind: 'notify', ...EVERY });
    await addTrigger('false', matches('trig:*', 'n < 0'), { kind: 'notify', ...EVERY });
    await addTrigger('mapped', matches('trig:*'), {
      kind: 'increment',
      session: SESSION,
      map: 'kinds',
      key: '{event_name}',
      ...EVERY,
    });
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'count', '50000']);
    await app.says(/emitted/);
    await until(async () => (await described('told'))?.occurrences === 100_000);
    expect(await described('told')).toMatchObject({ messagesDiscarded: 0 });
    expect(await described('false')).toMatchObject({ occurrences: 0 });
    const rows = async () => (await client.showMaps(SESSION, 'kinds')).map(({ key, value }) => [key, value]);
    expect((await rows()).sort()).toEqual([
      ['trig:one', 50_000],
      ['trig:two', 50_000],
    ]);
    app.process.stdin?.end();
    expect((await app.ended).code).toBe(0);
    await client.destroySession(SESSION);
  });

  it.each(['exit', 'naturally', 'throw', 'worker-ends', 'worker-is-ended'])(
    'count every occurrence in a program that ends during them: %s',
    async (how) => {
      const { sandbox, addTrigger, described, noted } = await setUp();
      await addTrigger('flood', matches('flood:*', 'n >= 10'), { kind: 'notify', ...EVERY });
      await addTrigger('rare', matches('flood:one'), { kind: 'notify', ratePolicy: { onceAfter: 100_000 } });
      await startNode(sandbox, [program('floods.mjs'), how, '100000']).ended;
      await noted('application-gone');
      await until(async () => (await described('rare'))?.actionStatistics[0]?.executions === 1);
      expect(await described('flood')).toMatchObject({ occurrences: 99_990, messagesDiscarded: 0 });
      expect(await described('rare')).toMatchObject({ occurrences: 100_000, messagesDiscarded: 0 });
    },
  );

  it('count every occurrence in a killed program', async () => {
    const { sandbox, addTrigger, described, noted } = await setUp();
    await addTrigger('step', matches('killed:step'), { kind: 'notify', ...EVERY });
    const app = new Acknowledging(sandbox, 'killed', 'for-ever');
    await app.goesOn(100_000);
    const acknowledged = await app.kill();
    await noted('application-gone');
    // One occurrence may have been reported or counted without its acknowledgement.
    const extra = ((await described('step'))?.occurrences ?? 0) - acknowledged;
    expect([0, 1]).toContain(extra);
    expect(await described('step')).toMatchObject({ messagesDiscarded: 0 });
  });
});
