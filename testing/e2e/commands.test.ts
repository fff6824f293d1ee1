import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDescription } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import {
  type Ended,
  eventsOf,
  indexesOf,
  program,
  REGISTER_URL,
  type Running,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  until,
} from './harness.ts';

/** Runs a command line that has to succeed. @returns its output */
async function succeed(sandbox: Sandbox, line: string, ...more: string[]): Promise<string> {
  const ended = await ringtail(sandbox, [...line.split(' '), ...more]);
  expect([line, ended.stderr, ended.code]).toEqual([line, '', 0]);
  return ended.stdout;
}

function fail(sandbox: Sandbox, line: string): Promise<Ended> {
  return ringtail(sandbox, line.split(' '));
}

async function json<T>(sandbox: Sandbox, line: string): Promise<T> {
  return JSON.parse(await succeed(sandbox, `${line} --output-format=json`)) as T;
}

/** A program that emits `e2e:step` until its standard input ends, once it is registered. */
async function startSteps(sandbox: Sandbox, env: Sandbox['env'] = {}): Promise<Running> {
  const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')], env);
  await app.says(/ready/);
  return app;
}

async function end(app: Running): Promise<void> {
  app.process.stdin?.end();
  expect((await app.ended).code).toBe(0);
}

interface Statistics {
  readonly statistics: { readonly eventsRecorded: number };
}

/** Waits until the session has recorded more events than it has now. */
async function untilMore(sandbox: Sandbox, session: string): Promise<void> {
  const count = async () => (await json<Statistics>(sandbox, `list ${session}`)).statistics.eventsRecorded;
  const before = await count();
  await until(async () => (await count()) > before);
}

/** The saved parts of a session. Event rules of a channel have no order. */
async function describedSession(sandbox: Sandbox, name: string): Promise<unknown> {
  const { session } = await json<{ session: SessionDescription }>(sandbox, `list ${name}`);
  const domains = session.domains.map((domain) => ({
    ...domain,
    channels: domain.channels.map((channel) => ({
      ...channel,
      rules: [...channel.rules].sort((a, b) => a.pattern.localeCompare(b.pattern)),
    })),
  }));
  return { domains, output: session.output };
}

describe('the commands, with daemons and a program that emits', () => {
  it('add contexts, filter, disable and enable again, as the trace shows', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, `create s -o ${trace}`);
    await succeed(sandbox, 'enable-channel -u c --subbuf-size=64k --tracefile-size=1M --blocking-timeout=inf');
    expect(await succeed(sandbox, 'enable-event -u -c c e2e:* --filter', 'index >= 100')).toBe(
      "Event e2e:*: Filter 'index >= 100' successfully set\n",
    );
    expect(await succeed(sandbox, 'add-context -u -t vpid,vuid -t cpu_id')).toContain(
      'ust context vuid added to all channels\n',
    );
    await succeed(sandbox, 'start');
    // The small ring fills up within a fifth of a second: the program waits for a consumer that is slow, and loses no
    // event.
    const app = await startSteps(sandbox, { RINGTAIL_ALLOW_BLOCKING: '1' });
    await untilMore(sandbox, 's');
    const late = await fail(sandbox, 'add-context -u -t hostname');
    expect([late.code, late.stderr]).toEqual([4, expect.stringContaining('error')]);
    await succeed(sandbox, 'disable-event -u -c c e2e:*');
    expect(await succeed(sandbox, 'status')).toContain("e2e:* (type: tracepoint) [disabled] [filter: 'index >= 100']");
    await succeed(sandbox, 'enable-event -u -c c e2e:* --filter', 'index >= 100');
    await untilMore(sandbox, 's');
    await succeed(sandbox, 'disable-channel -u c');
    expect(await succeed(sandbox, 'list s')).toContain('- c: [disabled]');
    await succeed(sandbox, 'stop');
    await end(app);
    await succeed(sandbox, 'destroy');
    const events = eventsOf(sandbox, trace);
    expect(events.length).toBeGreaterThan(0);
    const indexes = indexesOf(events);
    expect(Math.min(...indexes)).toBeGreaterThanOrEqual(100);
    const uid = process.getuid?.();
    for (const { fields } of events.slice(0, 10)) expect(fields).toMatch(new RegExp(`vuid = ${uid}.*cpu_id = \\d+`));
  });

  it('track processes', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, `create s -o ${trace}`);
    await succeed(sandbox, 'enable-event -u e2e:*');
    const [one, other] = [await startSteps(sandbox), await startSteps(sandbox)];
    await succeed(sandbox, `track -u --vpid=${one.pid}`);
    await succeed(sandbox, 'start');
    await untilMore(sandbox, 's');
    await succeed(sandbox, 'stop');
    await Promise.all([end(one), end(other)]);
    const fields = eventsOf(sandbox, trace).map((event) => event.fields);
    expect(new Set(fields.map((text) => /vpid = (\d+)/.exec(text)?.[1]))).toEqual(new Set([String(one.pid)]));
    expect(await succeed(sandbox, 'untrack -u --vpid --all')).toContain('set to `exclude all`');
    expect(await succeed(sandbox, 'status')).toContain('  Virtual process IDs:  none\n');
  });

  it('rotate and clear: every archive can be read, and cleared events are gone', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, `create s -o ${trace}`);
    await succeed(sandbox, 'enable-event -u e2e:*');
    expect((await fail(sandbox, 'rotate')).stderr).toContain('ringtail start s starts it');
    await succeed(sandbox, 'start');
    const app = await startSteps(sandbox);
    await untilMore(sandbox, 's');
    const { archive } = await json<{ archive: string }>(sandbox, 'rotate');
    expect(archive.startsWith(join(trace, 'archives'))).toBe(true);
    const archived = eventsOf(sandbox, archive).length;
    expect(archived).toBeGreaterThan(0);
    await untilMore(sandbox, 's');
    await succeed(sandbox, 'enable-rotation --size=1G --timer=1h');
    expect((await fail(sandbox, 'enable-rotation --timer=2h')).code).toBe(1);
    expect(await succeed(sandbox, 'status')).toContain('    timer period: 3600000000 us\n');
    await succeed(sandbox, 'disable-rotation --size --timer');
    await succeed(sandbox, 'stop');
    expect(await succeed(sandbox, 'clear')).toBe('Session "s" cleared\n');
    await end(app);
    await succeed(sandbox, 'destroy');
    expect(eventsOf(sandbox, trace)).toHaveLength(archived);
  });

  it('record snapshots of a flight recorder to the named outputs', async () => {
    const sandbox = sandboxWithDaemon();
    const [own, extra] = [join(sandbox.directory, 'own'), join(sandbox.directory, 'extra')];
    expect(await succeed(sandbox, `create box --snapshot -o ${own}`)).toContain(
      `Default snapshot output set to ${own}`,
    );
    await succeed(sandbox, 'enable-event -u e2e:*');
    await succeed(sandbox, 'start');
    const app = await startSteps(sandbox);
    await until(async () => {
      const { path, statistics } = await json<Statistics & { path: string }>(sandbox, 'snapshot record');
      expect(path.startsWith(own)).toBe(true);
      return statistics.eventsRecorded > 0;
    });
    expect(await succeed(sandbox, `snapshot add-output ${extra} --name=incident --max-size=64M`)).toContain(
      `incident: ${extra} (max size: 67108864 bytes)`,
    );
    await succeed(sandbox, 'snapshot del-output 1');
    expect(await succeed(sandbox, 'snapshot list-output')).not.toContain('snapshot-1');
    const { path } = await json<{ path: string }>(sandbox, 'snapshot record');
    expect(path.startsWith(join(extra, 'incident-'))).toBe(true);
    expect(eventsOf(sandbox, path).length).toBeGreaterThan(0);
    await end(app);
    expect((await fail(sandbox, 'rotate')).code).toBe(1);
    await succeed(sandbox, 'destroy');
  });

  it('save a session and load it again, as it was', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, `create s -o ${join(sandbox.directory, 'trace')}`);
    await succeed(sandbox, 'enable-channel -u c -C 4M -W 2 --blocking-timeout=100us --buffer-ownership=process');
    await succeed(sandbox, 'enable-event -u -c c a:*,b:x --loglevel=info --filter', 'n > 5');
    await succeed(sandbox, 'disable-event -u -c c b:x');
    await succeed(sandbox, 'add-context -u -t vuid');
    await succeed(sandbox, 'track -u --vpid=4711');
    const before = await describedSession(sandbox, 's');
    expect(await succeed(sandbox, 'save')).toContain('All sessions have been saved successfully');
    expect((await fail(sandbox, 'save s')).stderr).toContain('--force');
    const file = join(sandbox.home, '.ringtail', 'sessions', 's.lttng');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('<sessions');
    await succeed(sandbox, 'destroy');
    expect(await succeed(sandbox, 'load s')).toContain('Session s has been loaded successfully');
    expect(await describedSession(sandbox, 's')).toEqual(before);
  });

  it('regenerate metadata and statedump, and give back memory', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, `create s -o ${join(sandbox.directory, 'trace')}`);
    await succeed(sandbox, 'enable-event -u -a');
    expect((await fail(sandbox, 'regenerate metadata')).code).toBe(118);
    await succeed(sandbox, 'start');
    const app = await startSteps(sandbox);
    await untilMore(sandbox, 's');
    expect(await succeed(sandbox, 'regenerate metadata')).toBe('Metadata successfully regenerated for session s\n');
    expect(await succeed(sandbox, 'regenerate statedump')).toContain('successfully regenerated for session s\n');
    expect(await succeed(sandbox, 'reclaim-memory -u -a')).toContain('of memory given back for session s\n');
    await succeed(sandbox, 'stop');
    await end(app);
    expect(await succeed(sandbox, 'view s')).toContain('e2e:step');
  });
});

describe('the current session', () => {
  it('is changed by set-session, and reported as stale after another client destroyed it', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, `create one -o ${join(sandbox.directory, 'one')}`);
    await succeed(sandbox, `create two -o ${join(sandbox.directory, 'two')}`);
    await succeed(sandbox, 'set-session one');
    expect(await succeed(sandbox, 'status')).toContain('Recording session one: [inactive]');
    const elsewhere = join(sandbox.directory, 'elsewhere');
    mkdirSync(elsewhere);
    await ringtail(sandbox, ['destroy', 'one'], { RINGTAIL_HOME: elsewhere });
    expect(existsSync(join(sandbox.home, '.ringtailrc'))).toBe(true);
    const stale = await fail(sandbox, 'start');
    expect(stale.code).toBe(23);
    expect(stale.stderr).toContain('it was the current one');
    expect((await fail(sandbox, 'set-session tow')).stderr).toContain('did you mean "two"?');
    expect(readdirSync(sandbox.home)).toEqual(['.ringtailrc']);
  });

  it('is replaced by an option, which the error names for a session that is given as an argument', async () => {
    const sandbox = sandboxWithDaemon();
    expect((await fail(sandbox, 'enable-rotation one --timer 10s')).stderr).toContain('option -s NAME');
    expect((await fail(sandbox, 'start one two')).stderr).not.toContain('option -s NAME');
  });
});
