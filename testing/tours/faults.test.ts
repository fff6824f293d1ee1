/** The six programs of docs/tour.md: the end of their recordings names the fault of each, as the document shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { codeBlocksOf, commandsOf } from '../documents.ts';
import { Running, resultOf, type Sandbox } from '../e2e/harness.ts';
import { postgresql, redis, startPostgresql, startRedis } from '../instrument/servers.ts';
import { requirePeer } from '../peers.ts';
import { sandboxWithCommand } from './command-sandbox.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAMS = join('examples', 'tour');
const DOCUMENT = 'docs/tour.md';
/** The person's checkout in the document. */
const ANNS_ROOT = '/home/ann/ringtail/';
const curl = requirePeer('curl', 'the commands of the tour');

interface Fault {
  /** Of the document. */
  readonly heading: string;
  readonly rule: string;
  /** Texts that the finding has. */
  readonly names: readonly string[];
  /** Path of a last request. Its answer shows that the server has recorded the end of the requests before. */
  readonly last?: string;
}

/** `FILE:LINE` of a program's line with a text. */
function placeOf(file: string, text: string): string {
  const lines = readFileSync(join(ROOT, PROGRAMS, file), 'utf8').split('\n');
  const line = lines.findIndex((one) => one.includes(text)) + 1;
  if (line === 0) throw new Error(`${file} has no line with ${text}`);
  return `${file}:${line}:`;
}

const WITHOUT_SERVERS: readonly Fault[] = [
  {
    heading: 'A synchronous file read: a server of Fastify',
    rule: 'synchronous-files',
    names: ['GET /prices/:article', 'readFileSync', 'prices.csv'],
    last: '/none',
  },
  { heading: 'A slow name: a build with Vite', rule: 'slow-name', names: ['cms.example.com', 'DNS'] },
  {
    heading: 'A regular expression that backtracks: a tool that computes',
    rule: 'slow-regular-expression',
    names: ['fieldsOf', placeOf('log-statistics.mjs', 'replace(')],
  },
  {
    heading: 'A listener leak: a server of WebSockets',
    rule: 'listener-leak',
    names: ['message', placeOf('ws-chat.mjs', 'room.on(')],
  },
];

const WITH_SERVERS: readonly Fault[] = [
  {
    heading: 'An N+1 query: a server of Express',
    rule: 'repeated-calls',
    names: ['GET /customers/:country', '25', 'FROM orders WHERE customer = $1'],
    last: '/none',
  },
  {
    heading: 'A connection pool of one: a service on PostgreSQL and Redis',
    rule: 'pool-wait',
    names: ['pool of PostgreSQL 127.0.0.1:', '1 connection'],
    last: '/stock/1',
  },
];

/** Runs the commands of a section. @returns the lines of findings that `record` prints, and all findings */
async function recordSection({ heading, last }: Fault, settings: Sandbox['env'] = {}) {
  const base = sandboxWithCommand();
  let env: Sandbox['env'] = { ...base.env, PORT: '0', PORTS: '0,0,0', ...settings };
  const start = (command: string) =>
    new Running('sh', ['-c', `exec ${command.replaceAll('/tmp', base.directory)}`], env, ROOT);
  let recording: Running | undefined;
  let url = '';
  let isServer = false;
  for (const command of commandsOf(codeBlocksOf(DOCUMENT, heading))) {
    if (command.startsWith('ringtail record')) {
      recording = start(command);
      continue;
    }
    if (command.includes('cms.mjs')) {
      const [, nameServers, site] = await start(command).says(/NAME_SERVERS=(\S+) CMS_URL=(\S+)\n/);
      env = { ...env, NAME_SERVERS: nameServers, CMS_URL: site };
      continue;
    }
    if (recording !== undefined && !isServer) {
      url = (await recording.says(/listening on \w+:\/\/(\S+)\n/))[1] as string;
      isServer = true;
    }
    const { code, stderr } = await start(command.replace('127.0.0.1:3000', url)).ended;
    expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
  }
  if (last !== undefined) await (await fetch(`http://${url}${last}`)).text();
  if (isServer) recording?.kill('SIGINT');
  const ended = await recording?.ended;
  const shown = findingLinesOf(ended?.stderr ?? '').map((line) =>
    line.replaceAll(ROOT, ANNS_ROOT).replaceAll(base.directory, '/tmp'),
  );
  const report = await resultOf<{ findings: { rule: string; text: string }[] }>(base, 'report');
  return { shown, findings: report.findings };
}

/** The findings among the lines of a summary. */
function findingLinesOf(summary: string): string[] {
  return [...summary.matchAll(/^ {2}(?:found {6}| {11})(\S.*)$/gm)].map(([, text]) => text as string);
}

/** A text without values that differ from run to run. */
function lasting(text: string): string {
  return text
    .replaceAll(/[\d.]+ (?:ns|µs|ms|s)\b/g, 'DURATION')
    .replaceAll(/\b\d+ in all\b/g, 'NUMBER in all')
    .replaceAll(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
}

async function expectNamed(fault: Fault, settings?: Sandbox['env']): Promise<void> {
  const { heading, rule, names } = fault;
  const { shown, findings } = await recordSection(fault, settings);
  const found = findings.find((one) => one.rule === rule)?.text ?? `no ${rule} in ${JSON.stringify(findings)}`;
  for (const name of names) expect(found).toContain(name);
  const ofDocument = codeBlocksOf(DOCUMENT, heading).flatMap(({ text }) => findingLinesOf(text));
  expect(shown.map(lasting)).toEqual(expect.arrayContaining(ofDocument.map(lasting)));
  expect(ofDocument.filter((line) => names.every((name) => lasting(line).includes(lasting(name))))).toHaveLength(1);
}

describe.skipIf(curl === undefined)('the end of a recording names, in an unmodified program,', () => {
  it.each(WITHOUT_SERVERS)('$heading', (fault) => expectNamed(fault));

  describe.skipIf(postgresql === undefined || redis === undefined)('on PostgreSQL and Redis,', () => {
    let settings: Sandbox['env'];

    beforeAll(async () => {
      const servers = { postgresql: await startPostgresql(), redis: await startRedis() };
      settings = {
        PGHOST: '127.0.0.1',
        PGPORT: String(servers.postgresql.port),
        PGUSER: 'tester',
        PGDATABASE: 'postgres',
        REDIS_PORT: String(servers.redis.port),
      };
      return () => {
        servers.postgresql.stop();
        servers.redis.stop();
      };
    });

    it.each(WITH_SERVERS)('$heading', (fault) => expectNamed(fault, settings));
  });
});
