import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '@ringtail/ctl';
import type { MapChannelParameters, MapRow } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mapScript } from '../../packages/cli/src/triggers/map-script.ts';
import { requirePeer } from '../peers.ts';
import { makeSandbox, program, ringtail, type Sandbox, sandboxWithDaemon, startNode, until } from './harness.ts';

const sqlite3 = requirePeer('sqlite3', 'the script of export-maps, by SQLite');
const TRIGGER_EVENTS = program('trigger-events.mjs');
const MAP: MapChannelParameters = {
  name: null,
  valueType: 'signed-int-max',
  keyCountMax: 100,
  updatePolicy: 'per-event',
  ownership: 'process',
  deadProcesses: 'sum',
};

/** Rows of a query after the script. @throws SQLite's errors */
function ask(script: string, query: string): unknown[] {
  const { stdout, stderr, status } = spawnSync(sqlite3 as string, ['-bail', '-json', ':memory:'], {
    input: `PRAGMA foreign_keys = ON;\n${script}${query}\n`,
    encoding: 'utf8',
  });
  if (status !== 0 || stderr !== '') throw new Error(stderr);
  return stdout === '' ? [] : JSON.parse(stdout);
}

describe.skipIf(sqlite3 === undefined)('the script of maps', () => {
  it('runs in SQLite with any names, and has the exact value of every counter', () => {
    const names = [
      "'); DROP TABLE keys; --",
      "\\'",
      "a\nb';\n.quit\n/\nGO\n",
      '.shell touch hacked',
      'ü😀\u2028',
      ';',
      '--',
      '/*',
      ' ',
      '$ctx ?1 :a @b',
      '\t"x" [y] `z`',
    ];
    const maps = names.map((name) => ({ ...MAP, name, valueType: 'signed-int-64' as const }));
    const rows: MapRow[] = names.flatMap((map, at) => [
      {
        map,
        owner: { kind: 'shared' },
        key: names.at(-at - 1) as string,
        value: Number.MAX_SAFE_INTEGER,
        overflow: false,
      },
      {
        map,
        owner: { kind: 'process', uid: 0, pid: at + 1, procname: 'node', program: map },
        key: map,
        value: -(2 ** 31),
        overflow: true,
      },
    ]);
    const script = mapScript([{ domain: 'user', maps, rows }]);
    expect(ask(script, 'SELECT * FROM vmap ORDER BY rowid;').length + ask(script, 'SELECT * FROM keys;').length).toBe(
      rows.length + names.length,
    );
    const found = ask(
      script,
      'SELECT channel_name, group_type, owner_id, owner_name, key, value, has_overflow FROM vmap;',
    );
    const wanted = rows.map(({ map, owner, key, value, overflow }) => ({
      channel_name: map,
      group_type: owner.kind === 'shared' ? 'shared' : 'user-per-process',
      owner_id: owner.kind === 'process' ? owner.pid : null,
      owner_name: owner.kind === 'process' ? owner.program : null,
      key,
      value,
      has_overflow: overflow ? 1 : 0,
    }));
    expect(found).toHaveLength(wanted.length);
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  it('has tables that refuse values that LTTng never writes', () => {
    const script = mapScript([]);
    for (const wrong of [
      "INSERT INTO channels VALUES (1, 'm', 'moon');",
      "INSERT INTO channels VALUES (1, 'm', 'user'), (2, 'm', 'user');",
      "INSERT INTO groups VALUES (1, 5, 'shared', NULL, NULL, 'signed-int-64');",
      "INSERT INTO channels VALUES (1, 'm', 'user'); INSERT INTO groups VALUES (1, 1, 'shared', 7, NULL, 'signed-int-64');",
      "INSERT INTO channels VALUES (1, 'm', 'user'); INSERT INTO groups VALUES (1, 1, 'user-per-user', NULL, NULL, 'signed-int-64');",
      "INSERT INTO keys VALUES (1, 'k'), (2, 'k');",
    ]) {
      expect(() => ask(script, wrong), wrong).toThrow(/constraint failed/);
    }
  });
});

describe.skipIf(sqlite3 === undefined)('export-maps', () => {
  const EVENTS = 20_000;

  async function counting(sandbox: Sandbox) {
    const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
    const runDirectory = sandbox.env.RINGTAIL_RUNDIR as string;
    const { client } = await spawnDaemon({ runDirectory, mainPath, env: { ...sandbox.env } });
    onTestFinished(() => client.close());
    await client.createSession({ name: 's', output: join(sandbox.directory, 'trace') });
    return client;
  }

  it('has the counters of programs, by event or by trigger, of processes and of users', async () => {
    const sandbox = sandboxWithDaemon();
    const client = await counting(sandbox);
    const maps = [
      ['once', 'per-event', 'process'],
      ['each', 'per-rule-match', 'process'],
      ['users', 'per-event', 'user'],
    ] as const;
    for (const [name, updatePolicy, ownership] of maps)
      await client.addMap('s', { ...MAP, name, updatePolicy, ownership });
    for (const [name, pattern, filter] of [
      ['all', 'trig:*', undefined],
      ['named', 'trig:one', undefined],
      ['few', 'trig:one', 'n < 10'],
    ] as const) {
      await client.addTrigger({
        name,
        condition: { kind: 'event-rule-matches', rule: { pattern, ...(filter && { filter }) }, captures: [] },
        actions: maps.map(([map]) => ({
          kind: 'increment',
          session: 's',
          map,
          key: '{event_name}',
          ratePolicy: { every: 1 },
        })),
      });
    }
    await client.startSession('s');
    const app = startNode(sandbox, [TRIGGER_EVENTS, 'count', String(EVENTS)]);
    await app.says(/emitted/);

    const query =
      'SELECT channel_name, group_type, key, SUM(value) AS total, MAX(part_id) AS part FROM vmap GROUP BY channel_name, group_type, key ORDER BY channel_name, key;';
    const exported = async (): Promise<unknown[]> =>
      ask((await ringtail(sandbox, ['export-maps', '-s', 's'])).stdout, query);
    const line = (channel_name: string, group_type: string, key: string, total: number) => ({
      channel_name,
      group_type,
      key,
      total,
      part: null,
    });
    const wanted = (processes: string) => [
      line('each', processes, 'trig:one', 2 * EVENTS + 10),
      line('each', processes, 'trig:two', EVENTS),
      line('once', processes, 'trig:one', EVENTS),
      line('once', processes, 'trig:two', EVENTS),
      line('users', 'user-per-user', 'trig:one', EVENTS),
      line('users', 'user-per-user', 'trig:two', EVENTS),
    ];
    expect(await exported()).toEqual(wanted('user-per-process'));
    const owners = ask(
      (await ringtail(sandbox, ['export-maps', '-s', 's'])).stdout,
      "SELECT DISTINCT owner_id, value_type FROM vmap WHERE group_type <> 'shared' ORDER BY owner_id;",
    );
    expect(owners).toEqual(
      [process.getuid?.() ?? 0, app.pid].map((owner_id) => ({ owner_id, value_type: 'signed-int-64' })),
    );
    const executions = (await client.listTriggers()).map(({ name, actionStatistics }) => [
      name,
      actionStatistics.map((one) => one.executions),
    ]);
    expect(executions).toEqual([
      ['all', [2 * EVENTS, 2 * EVENTS, 2 * EVENTS]],
      ['named', [EVENTS, EVENTS, EVENTS]],
      ['few', [10, 10, 10]],
    ]);

    app.process.stdin?.end();
    await app.ended;
    await until(async () => (await client.showMaps('s')).every(({ owner }) => owner.kind !== 'process'));
    expect(await exported()).toEqual(wanted('shared'));
    await client.clearSession('s');
    expect((await client.showMaps('s')).map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('has the script in JSON and in the machine interface too, and fails without a session', async () => {
    const sandbox = sandboxWithDaemon();
    const client = await counting(sandbox);
    await client.addMap('s', { ...MAP, name: "it's <&>" });
    const { stdout: script } = await ringtail(sandbox, ['-q', 'export-maps', '-s', 's', '--format=sqlite']);
    expect(ask(script, 'SELECT name, type FROM channels;')).toEqual([{ name: "it's <&>", type: 'user' }]);
    const json = JSON.parse((await ringtail(sandbox, ['export-maps', '-s', 's', '--output-format=json'])).stdout);
    expect(json).toEqual({ command: 'export-maps', session: 's', format: 'sqlite', script });
    const mi = (await ringtail(sandbox, ['--mi=xml', 'export-maps', '-s', 's'])).stdout;
    expect(mi).toMatch(/<name>export-maps<\/name>\s*<output>\s*<export-maps>\s*<output>CREATE TABLE/);
    expect(mi).toContain('&lt;&amp;&gt;');
    const completed = async (...words: string[]) => (await ringtail(sandbox, ['__complete', '--', ...words])).stdout;
    // Completion leaves out the daemon's names after 300 ms, since a person waits.
    await expect.poll(() => completed('show-maps', '-c', '')).toBe("it's <&>\n");
    expect(await completed('export-maps', '--f')).toBe('--format\n');
    await expect.poll(() => completed('export-maps', '--session=')).toBe('--session=s\n');
    expect(await ringtail(sandbox, ['export-maps', '-s', 'none'])).toMatchObject({ code: 1, stdout: '' });
    expect((await ringtail(sandbox, ['export-maps', '-s', 's', '-f', 'mysql'])).code).not.toBe(0);
    expect((await ringtail(makeSandbox(), ['export-maps'])).code).toBe(1);
  });
});
