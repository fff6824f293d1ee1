import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  program,
  type Running,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  type TracedEvent,
  until,
} from './harness.ts';

/** A session daemon with a session `s` for one test; ended with it. */
async function sandboxWithSession(): Promise<Sandbox & { readonly trace: string }> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  return { ...sandbox, trace };
}

interface ListedContexts {
  readonly contexts: readonly { readonly name: string; readonly refused: string | null }[];
}
interface ListedDomains {
  readonly domains: readonly {
    readonly applications: readonly {
      readonly pid: number;
      readonly tracepoints: readonly { readonly name: string }[];
    }[];
  }[];
}

const APPLICATION_CONTEXTS = ['tenant', 'carts', 'load', 'throws', 'nested', 'absent'].map(
  (name) => `$app.shop:${name}`,
);

describe('contexts', () => {
  it('of this machine are recorded with each event, with equal values in two readers', async () => {
    const sandbox = await sandboxWithSession();
    const { contexts } = await resultOf<ListedContexts>(sandbox, 'add-context', '--list');
    const available = contexts.filter(({ refused }) => refused === null).map(({ name }) => name);
    await succeed(sandbox, 'enable-event', '-u', 'ctx:*');
    await succeed(sandbox, 'add-context', '-u', '-t', [...available, ...APPLICATION_CONTEXTS].join(','));
    await succeed(sandbox, 'start');
    const ended = await startNode(sandbox, [program('contexts.mjs')]).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const said = JSON.parse(ended.stdout) as Record<string, number | string | boolean>;
    expect(said.sameError).toBe(true);
    // Nested events of the callback of $app.shop:nested: one for each of the two events.
    const destroyed = await ringtail(sandbox, ['destroy']);
    expect(destroyed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: 4 events nested: .*\n$/) });

    const events = eventsOf(sandbox, sandbox.trace);
    expect(events.map(stepOf)).toEqual([1, 2]);
    const [first, second] = events.map(({ fields }) => fields) as [string, string];
    for (const text of [first, second]) {
      expect(text).toMatch(/, \{ cpu_id = \d+, hostname = "/);
      expect(text).toContain(`hostname = "${said.hostname}"`);
      expect(text).toContain(` net_ns = ${said.netNs},`);
      expect(text).toContain(` veuid = ${said.effective},`);
      expect(text).toContain('_app_shop_carts_tag = ( "_int64" : container = 4 ), _app_shop_carts = { 3 }');
      expect(text).toContain('_app_shop_load = { 0.5 }');
      expect(text).toContain('_app_shop_throws_tag = ( "_none" : container = 0 ), _app_shop_throws = { { } }');
      expect(text).toContain('_app_shop_absent = { { } }');
      expect(text).toContain('_app_shop_nested = { 1 }');
    }
    expect(first).toContain('_app_shop_tenant_tag = ( "_string" : container = 11 ), _app_shop_tenant = { "acme" }');
    expect(first).toMatch(/callstack_js = \[ \[0\] = "inner \([^"]*contexts\.mjs:\d+:\d+\)", \[1\] = "outer \(/);
    expect(second).toContain('_app_shop_tenant = { { } }');
    expect(second).toContain(` async_id = ${said.asyncId},`);
  });

  it('are read in CTF 2 as well', async () => {
    const sandbox = await sandboxWithSession();
    const trace = join(sandbox.directory, 'two');
    await succeed(sandbox, 'create', 'two', '-o', trace, '--trace-format=ctf-2');
    await succeed(sandbox, 'enable-event', '-u', '-s', 'two', 'ctx:*');
    await succeed(sandbox, 'add-context', '-u', '-s', 'two', '-t', '$app.shop:load,callstack-js,cpu_id');
    await succeed(sandbox, 'start', 'two');
    await startNode(sandbox, [program('contexts.mjs')]).ended;
    await succeed(sandbox, 'destroy', 'two');
    const view = await succeed(sandbox, 'view', trace);
    expect(view).toMatch(/_app_shop_load_tag = \( "_?double" : container = 10 \), _app_shop_load = \{ 0\.5 \}/);
    expect(view).toMatch(/callstack_js = \[ \[0\] = "inner \(.* cpu_id = \d+/);
  });

  it('cost and write nothing if the packet has them', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-u', 'ctx:*');
    await succeed(sandbox, 'add-context', '-u', '-t', 'vpid,vtid,procname');
    await succeed(sandbox, 'start');
    await startNode(sandbox, [program('contexts.mjs')]).ended;
    await succeed(sandbox, 'destroy');
    const fields = eventsOf(sandbox, sandbox.trace).map((event) => event.fields);
    expect(fields.map((text) => text.replaceAll(/\d{2,}/g, 'N'))).toEqual(
      [1, 2].map((step) => `{ vpid = N, vtid = N, procname = "node" }, { step = ${step} }`),
    );
  });

  it.each([
    ['ip', 'callstack-js'],
    ['pthread_id', 'vtid'],
    ['perf:thread:raw:rfffffffffffff:none', 'perf_event_open'],
    ['nothing', 'add-context --list'],
  ])('that cannot be had are refused when they are added: %s', async (name, says) => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-u', 'ctx:*');
    const ended = await ringtail(sandbox, ['add-context', '-u', '-t', name]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(says);
  });
});

describe('the tracer with contexts', () => {
  it('leaves a frozen Error of an application unchanged, and reports why there is no call stack', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-u', 'ctx:*');
    await succeed(sandbox, 'add-context', '-u', '-t', 'callstack-js');
    await succeed(sandbox, 'start');
    const freeze = 'data:text/javascript,Object.freeze(Error)';
    const ended = await startNode(sandbox, ['--import', freeze, program('contexts.mjs')]).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const destroyed = await ringtail(sandbox, ['destroy']);
    expect(destroyed.stderr).toContain('context callstack-js is empty');
    for (const { fields } of eventsOf(sandbox, sandbox.trace)) expect(fields).toContain('callstack_js = [ ] }');
  });

  it('closes the perf counters of workers that were terminated', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-u', 'churn:*');
    const added = await ringtail(sandbox, ['add-context', '-u', '-t', 'perf:thread:task-clock']);
    if (added.code !== 0) {
      console.warn(`not tested: ${added.stderr}`);
      return;
    }
    await succeed(sandbox, 'start');
    const ended = await startNode(sandbox, [program('worker-churn.mjs'), '6']).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const [, counters] = ended.stdout.trim().split(' ').map(Number);
    expect(counters).toBeLessThanOrEqual(2);
    await succeed(sandbox, 'destroy');
    const times = eventsOf(sandbox, sandbox.trace).map(
      ({ fields }) => /perf_thread_task_clock = (\d+)/.exec(fields)?.[1],
    );
    expect(times).toHaveLength(6);
    for (const time of times) expect(Number(time)).toBeGreaterThan(0);
  });
});

describe('the state of programs', () => {
  it('is recorded when the session starts and on request, even by idle programs', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-channel', '-u', 'state');
    await succeed(sandbox, 'enable-channel', '-u', 'other');
    await succeed(sandbox, 'enable-event', '-u', '-c', 'state', 'ringtail_statedump:*');
    await succeed(sandbox, 'enable-event', '-u', '-c', 'other', 'idle:*');
    const idle = startNode(sandbox, [program('idle-state.mjs'), 'an argument']);
    await until(isListed(sandbox, idle, 'idle:never'));
    await succeed(sandbox, 'start');
    await until(async () => namesSoFar(await snapshotOfView(sandbox)).filter((name) => name === 'end').length === 1);
    await succeed(sandbox, 'regenerate', 'statedump');
    await until(async () => namesSoFar(await snapshotOfView(sandbox)).filter((name) => name === 'end').length === 2);
    idle.process.stdin?.end();
    expect(await idle.ended).toMatchObject({ code: 0, stderr: '' });
    await succeed(sandbox, 'destroy');

    const events = eventsOf(sandbox, sandbox.trace);
    const dumps = events.reduce<TracedEvent[][]>((all, event) => {
      if (event.name === 'ringtail_statedump:start') all.push([]);
      all.at(-1)?.push(event);
      return all;
    }, []);
    expect(dumps.map((dump) => [dump[0]?.name, dump.at(-1)?.name])).toEqual(
      Array(2).fill(['ringtail_statedump:start', 'ringtail_statedump:end']),
    );
    for (const dump of dumps) {
      const of = (name: string) => dump.filter((event) => event.name === `ringtail_statedump:${name}`);
      expect(of('process').map(({ fields }) => fields)).toEqual([
        expect.stringMatching(
          new RegExp(`pid = ${idle.pid}, .*"an argument".*node_version = "${process.versions.node}"`),
        ),
      ]);
      expect(of('heap')).toHaveLength(1);
      expect(of('provider').map(({ fields }) => fields)).toEqual([
        expect.stringContaining('name = "idle", tracepoints = 1'),
      ]);
      const modules = of('module').map(({ fields }) => fields);
      expect(modules).toContainEqual(expect.stringContaining('name = "@koromix/koffi-linux-'));
      expect(new Set(modules).size).toBe(modules.length);
      expect(of('handle').length).toBeGreaterThan(0);
    }
  });
});

describe('a provider', () => {
  it('that is loaded later is listed then, and not after its removal', async () => {
    const sandbox = await sandboxWithSession();
    const idle = startNode(sandbox, [program('idle-state.mjs')]);
    await until(isListed(sandbox, idle, 'idle:never'));
    expect(await isListed(sandbox, idle, 'late:one')()).toBe(false);
    idle.process.stdin?.write('late\n');
    await until(isListed(sandbox, idle, 'late:two'));
    expect(await isListed(sandbox, idle, 'ringtail_statedump:end')()).toBe(true);
    expect(await succeed(sandbox, 'list', '-u', '--fields')).toMatch(/late:one[\s\S]*name \(/);
    idle.process.stdin?.write('gone\n');
    await until(async () => !(await isListed(sandbox, idle, 'late:one')()));
    expect(await isListed(sandbox, idle, 'idle:never')()).toBe(true);
  });
});

function isListed(sandbox: Sandbox, running: Running, name: string): () => Promise<boolean> {
  return async () => {
    const { domains } = await resultOf<ListedDomains>(sandbox, 'list', '-u');
    const own = domains[0]?.applications.find(({ pid }) => pid === running.pid);
    return own?.tracepoints.some((tracepoint) => tracepoint.name === name) ?? false;
  };
}

/** Events in the trace files of an active session. */
async function snapshotOfView(sandbox: Sandbox & { readonly trace: string }): Promise<string> {
  return (await ringtail(sandbox, ['view', sandbox.trace])).stdout;
}

function namesSoFar(text: string): string[] {
  return [...text.matchAll(/ ringtail_statedump:(\w+): /g)].map(([, name]) => name as string);
}

function stepOf({ fields }: TracedEvent): number {
  return Number(/\{ step = (\d+) \}$/.exec(fields)?.[1]);
}
