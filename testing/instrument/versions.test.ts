/** Makes and checks the table of what each version of Node.js can show: `npx vitest run -u` makes its column. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SEEN_FROM_NODE } from '../../packages/cli/src/listing/unseen-events.ts';
import { makeSandbox, record, ringtail } from '../e2e/harness.ts';

const DOCUMENT = readFileSync(new URL('../../docs/runtime-events.md', import.meta.url), 'utf8');
const MAJOR = Number(process.versions.node.split('.')[0]);

/** Does everything that has an event of Node.js itself. */
const EVERYTHING = `
  import childProcess from 'node:child_process';
  import crypto from 'node:crypto';
  import dns from 'node:dns';
  import { once } from 'node:events';
  import fs from 'node:fs';
  import http from 'node:http';
  import http2 from 'node:http2';
  import { createRequire } from 'node:module';
  import { fileURLToPath } from 'node:url';
  import { isMainThread, parentPort, Worker } from 'node:worker_threads';
  import zlib from 'node:zlib';
  const file = (name) => fileURLToPath(new URL(name, import.meta.url));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  if (!isMainThread) parentPort.postMessage('a message');
  else {
    await pause(2500);
    const end = performance.now() + 2000;
    while (performance.now() < end);
    await pause(100);
    fs.writeFileSync(file('large'), Buffer.alloc(100_000_000));
    fs.rmSync(file('large'));
    fs.writeFileSync(file('module.mjs'), 'export {};');
    fs.writeFileSync(file('module.cjs'), '');
    await import('./module.mjs');
    createRequire(import.meta.url)('./module.cjs');
    zlib.gzipSync('text');
    zlib.gzipSync(crypto.randomBytes(3_000_000));
    crypto.pbkdf2Sync('password', 'salt', 1, 8, 'sha1');
    crypto.pbkdf2Sync('password', 'salt', 50_000, 8, 'sha1');
    await dns.promises.lookup('localhost');
    childProcess.spawnSync('true');
    await once(childProcess.spawn('true'), 'close');
    const worker = new Worker(new URL(import.meta.url));
    await once(worker, 'exit');
    process.emitWarning('a warning');
    const server = http.createServer((request, response) => response.end('text')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = 'http://127.0.0.1:' + server.address().port;
    await new Promise((resolve) => http.get(url, { agent: false }, (response) => response.resume().on('close', resolve)));
    await (await fetch(url)).text();
    server.close();
    server.closeAllConnections();
    const server2 = http2.createServer((request, response) => response.end('text')).listen(0, '127.0.0.1');
    await once(server2, 'listening');
    const session = http2.connect('http://127.0.0.1:' + server2.address().port);
    const stream = session.request({ ':path': '/' }).resume();
    await once(stream, 'close');
    session.close();
    server2.close();
    for (const level of ['error', 'warn', 'info', 'debug', 'trace']) console[level]('text');
    const kept = [];
    for (let i = 0; i < 200_000; i++) kept.push({ i, text: 'text' + i });
    await pause(2500);
    process.once('uncaughtException', () => undefined);
    setTimeout(() => { throw new Error('uncaught ' + kept.length); }, 1);
    await pause(100);
  }`;

/** The names of events in the first column of the document's table "Events", but those of other packages. */
function documentedEvents(): string[] {
  const section = /^## Events$(.*?)^## /ms.exec(DOCUMENT)?.[1] ?? '';
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell ?? '');
  const names = cells.flatMap((cell) => [...cell.matchAll(/`(node_\w+:\w+)`/g)].map(([, name]) => name ?? ''));
  return names.filter((name) => !/^node_(pg|mysql2|ioredis|redis|mongodb|nats|graphql):/.test(name));
}

/** The document, with this version's column of its table of versions as `seen` has it. */
function documentWith(seen: ReadonlySet<string>): string {
  return DOCUMENT.replace(/(?<=^## Versions of Node\.js$.*?)^\| event .*?(?=^$)/ms, (table) => {
    const [head = [], , ...rows] = table
      .trim()
      .split('\n')
      .map((line) => line.slice(2, -2).split(' | '));
    const column = head.indexOf(String(MAJOR));
    if (column === -1) throw new Error(`the table of versions needs a column for Node.js ${MAJOR}`);
    const known = new Map(rows.map((row) => [row[0], row]));
    const made = documentedEvents().map((name) => {
      const first = `\`${name}\``;
      return (known.get(first) ?? [first, ...head.slice(1).map(() => '')]).with(column, seen.has(name) ? 'yes' : 'no');
    });
    return [head, head.map(() => '---'), ...made].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  });
}

/** The names of the events of that program. */
async function eventsSeen(): Promise<ReadonlySet<string>> {
  const sandbox = makeSandbox();
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, EVERYTHING);
  const instrumented = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined } };
  const { summary, trace } = await record(instrumented, [process.execPath, path], ['-u', 'node_*']);
  expect([summary.exitCode, summary.troubles]).toEqual([0, []]);
  const { stdout } = await ringtail(sandbox, ['view', trace]);
  return new Set([...stdout.matchAll(/ (node_\w+:\w+): \{/g)].map(([, name]) => name ?? ''));
}

it('the table of versions names each event, and whether this version of Node.js shows it', async () => {
  const seen = await eventsSeen();
  const unseen = documentedEvents().filter((name) => !seen.has(name));
  const cannotBeSeen = (name: string) => MAJOR < (SEEN_FROM_NODE[name.split(':')[0] ?? ''] ?? 0);
  expect(unseen).toEqual(documentedEvents().filter(cannotBeSeen));
  await expect(documentWith(seen)).toMatchFileSnapshot('../../docs/runtime-events.md');
});
