/** Metrics in a real Prometheus, and a snapshot taken for its alert by a real Alertmanager. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { optionalPeer } from '../peers.ts';
import {
  eventsOf,
  makeSandbox,
  program,
  REGISTER_URL,
  Running,
  type Sandbox,
  startNode,
  succeed,
  until,
} from './harness.ts';

const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
const prometheus = optionalPeer('prometheus', 'metrics, scraped and queried');
const promtool = optionalPeer('promtool', 'the text format of metrics, by another parser');
const alertmanager = optionalPeer('prometheus-alertmanager', 'snapshots that an alert takes');

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Served {
  readonly sandbox: Sandbox;
  readonly client: SessionDaemonClient;
  readonly port: number;
  readonly tokenFile: string;
}

/** A session daemon that serves metrics, with a flight recorder `box` and a session `plain` that record `e2e:*`. */
async function servedDaemon(): Promise<Served> {
  const sandbox = makeSandbox();
  const runDirectory = join(sandbox.directory, 'run');
  const tokenFile = join(sandbox.directory, 'token');
  writeFileSync(tokenFile, 'secret\n', { mode: 0o600 });
  const args = [
    SESSIOND,
    '--rundir',
    runDirectory,
    '--ready-fd',
    '3',
    '--metrics',
    '0',
    '--metrics-token-file',
    tokenFile,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...sandbox.env },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  await once(child.stdio[3] as NodeJS.ReadableStream, 'data');
  const log = readFileSync(join(runDirectory, 'sessiond.log'), 'utf8');
  const port = Number(/metrics are served on http:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  const client = await SessionDaemonClient.connect({ runDirectory });
  onTestFinished(() => client.close());
  for (const [name, snapshot] of [
    ['box', true],
    ['plain', false],
  ] as const) {
    await client.createSession({ name, output: join(sandbox.directory, name), snapshot });
    await client.enableChannel(name, { ...DEFAULT_CHANNEL, mode: snapshot ? 'overwrite' : 'discard' });
    await client.enableEvent(name, { pattern: 'e2e:*' }, DEFAULT_CHANNEL.name);
    await client.startSession(name);
  }
  return { sandbox: { ...sandbox, env: { ...sandbox.env, RINGTAIL_RUNDIR: runDirectory } }, client, port, tokenFile };
}

/** Lets a program emit this number of events and waits for its end. */
async function emit({ sandbox }: Served, count: number): Promise<void> {
  const ended = await startNode(sandbox, ['--import', REGISTER_URL, program('threads.mjs'), '0', String(count)]).ended;
  expect([ended.stderr, ended.code]).toEqual(['', 0]);
}

interface PrometheusParts {
  readonly served: Served;
  readonly rules?: string;
  readonly alertmanagerPort?: number;
}

/** Starts a Prometheus that scrapes the daemon every second. */
async function startPrometheus({
  served,
  rules,
  alertmanagerPort,
}: PrometheusParts): Promise<(query: string) => Promise<Result[]>> {
  const directory = join(served.sandbox.directory, 'prometheus');
  mkdirSync(directory);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    scrape_configs: [{ job_name: 'ringtail', static_configs: [{ targets: [`127.0.0.1:${served.port}`] }] }],
    ...(rules !== undefined && { rule_files: [join(directory, 'rules.yml')] }),
    ...(alertmanagerPort !== undefined && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
    }),
  };
  // JSON is YAML.
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config));
  if (rules !== undefined) writeFileSync(join(directory, 'rules.yml'), rules);
  const port = await freePort();
  const args = [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const running = new Running(prometheus as string, args, served.sandbox.env, directory);
  onTestFinished(async () => {
    running.kill('SIGTERM');
    await running.ended;
  });
  return async (query) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok !== true) return [];
    return ((await response.json()) as { data: { result: Result[] } }).data.result;
  };
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function metricsOf({ port }: Served): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

describe('metrics of real daemons', () => {
  it('count recorded events, and show the use of rings', async () => {
    const served = await servedDaemon();
    await emit(served, 50);
    await served.client.stopSession('plain');
    const text = await metricsOf(served);
    expect(text).toContain('ringtail_events_recorded_total{session="plain"} 50\n');
    expect(text).toContain('ringtail_ring_size_bytes{session="plain",channel="channel0"} 16777216\n');
    expect(text).toMatch(/^ringtail_bytes_written_total\{session="plain"\} [1-9]\d+$/m);
    if (promtool === undefined) return;
    const judged = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([judged.status, judged.stdout, judged.stderr]).toEqual([0, '', '']);
  });
});

/** Largest number of answers of the endpoint in a second. */
const ANSWERS_PER_SECOND_MAX = 64;
const HOSTILE_CONNECTIONS = 100;
const NOBODY = 65_534;

/** Starts the attack of another user, if possible. */
async function startFlood({ sandbox, port }: Served, mode: string): Promise<Running> {
  const path = join(sandbox.directory, 'scrape-flood.mjs');
  copyFileSync(program('scrape-flood.mjs'), path);
  chmodSync(sandbox.directory, 0o711);
  const words = [process.execPath, path, String(port), String(HOSTILE_CONNECTIONS), mode];
  const setpriv = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
  const canBeAnother = spawnSync('setpriv', [...setpriv, process.execPath, '--version']).status === 0;
  if (!canBeAnother) process.stderr.write('NOT TESTED: another user at the metrics endpoint; the same one is tested\n');
  const [command, ...args] = (canBeAnother ? ['setpriv', ...setpriv, ...words] : words) as [string, ...string[]];
  const running = new Running(command, args, sandbox.env, '/');
  await running.says(/ready/);
  return running;
}

describe('a user with a hundred connections to the endpoint', () => {
  it.each(['pipelined', 'scrape', 'unread', 'silent'])('(%s) delays neither commands nor scrapes', async (mode) => {
    const served = await servedDaemon();
    const beganAtMs = performance.now();
    const flood = await startFlood(served, mode);
    for (let n = 0; n < 3; n++) {
      // A Prometheus waits for ten seconds.
      const scraped = await fetch(`http://127.0.0.1:${served.port}/metrics`, { signal: AbortSignal.timeout(10_000) });
      const text = await scraped.text();
      expect(text).toContain('ringtail_sessions{state="active"} 2\n');
      const residentBytes = Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
      expect(residentBytes).toBeLessThan(256 * 1024 * 1024);
      expect(await succeed(served.sandbox, 'list')).toContain('plain [active]');
    }
    flood.process.stdin?.write('?');
    const [, answered] = await flood.says(/answered (\d+)/);
    const seconds = (performance.now() - beganAtMs) / 1000;
    expect(Number(answered)).toBeLessThanOrEqual(ANSWERS_PER_SECOND_MAX * (seconds + 1));
    flood.kill('SIGKILL');
    await flood.ended;
  });
});

/** Starts an Alertmanager whose alerts take snapshots of `box`. @returns its port */
async function startAlertmanager(served: Served): Promise<number> {
  const port = await freePort();
  const config = {
    route: { receiver: 'flight-recorder', group_wait: '0s' },
    receivers: [
      {
        name: 'flight-recorder',
        webhook_configs: [
          {
            url: `http://127.0.0.1:${served.port}/snapshot?session=box&name=alert&max-size=64M`,
            http_config: { authorization: { credentials_file: served.tokenFile } },
          },
        ],
      },
    ],
  };
  const directory = join(served.sandbox.directory, 'alertmanager');
  mkdirSync(directory);
  writeFileSync(join(directory, 'alertmanager.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${join(directory, 'alertmanager.yml')}`,
    `--storage.path=${directory}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const running = new Running(alertmanager as string, args, served.sandbox.env, directory);
  onTestFinished(async () => {
    running.kill('SIGTERM');
    await running.ended;
  });
  return port;
}

describe.skipIf(prometheus === undefined)('a real Prometheus', () => {
  it('scrapes the daemon and has its metrics, and its alert takes one snapshot', async () => {
    const served = await servedDaemon();
    await emit(served, 50);
    await served.client.stopSession('plain');
    const rule = { alert: 'ManyEvents', expr: 'ringtail_events_recorded_total{session="box"} >= 50' };
    const ask = await startPrometheus({
      served,
      rules: JSON.stringify({ groups: [{ name: 'ringtail', rules: [rule] }] }),
      ...(alertmanager !== undefined && { alertmanagerPort: await startAlertmanager(served) }),
    });
    let found: Result[] = [];
    await until(async () => {
      found = await ask('ringtail_events_recorded_total{session="plain"}');
      return found.length > 0;
    });
    expect(found).toMatchObject([{ metric: { job: 'ringtail', session: 'plain' }, value: [expect.any(Number), '50'] }]);
    expect(await ask('up{job="ringtail"}')).toMatchObject([{ value: [expect.any(Number), '1'] }]);
    if (alertmanager === undefined) return;
    const output = join(served.sandbox.directory, 'box');
    const snapshots = (): string[] => readdirSync(output).filter((name) => /^alert-[\d-]+$/.test(name));
    await until(() => snapshots().length > 0);
    expect(snapshots()).toHaveLength(1);
    expect(eventsOf(served.sandbox, join(output, snapshots()[0] as string))).toHaveLength(50);
    await until(async () => (await metricsOf(served)).includes('ringtail_snapshots_total{session="box"} 1\n'));
  });
});
