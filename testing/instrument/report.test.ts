import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '@ringtail/analyses';
import { expect, it } from 'vitest';
import { makeSandbox, ringtail } from '../e2e/harness.ts';

/** A program with three faults: a loop that blocks, a call for each item of a list, and a slow path. */
const FAULTY = `
  import http from 'node:http';
  const ask = (server, path) => new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.address().port, path };
    http.get(options, (response) => response.resume().once('close', resolve)).once('error', reject);
  });
  const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  function computePrices() {
    const end = performance.now() + 2000;
    while (performance.now() < end);
  }
  const items = await listen(http.createServer((request, response) => response.end('item')));
  const shop = await listen(http.createServer(async (request, response) => {
    if (request.url === '/prices') computePrices();
    if (request.url === '/cart') for (let i = 0; i < 25; i++) await ask(items, '/items/' + i);
    if (request.url === '/search') await pause(500);
    response.end('ok');
  }));
  await pause(2500);
  for (const path of ['/cart', '/search', '/prices', '/fast']) await ask(shop, path);
  await pause(300);
  for (const server of [shop, items]) {
    server.close();
    server.closeAllConnections();
  }`;

it('the end of a recording names the faults of a program without tracepoints, with commands that show them', async () => {
  const sandbox = makeSandbox();
  const file = join(sandbox.directory, 'app.mjs');
  const trace = join(sandbox.directory, 'trace');
  writeFileSync(file, FAULTY);
  const instrumented = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined } };
  const ended = await ringtail(instrumented, ['record', '-o', trace, process.execPath, file]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toMatch(/^ {2}slowest +GET \//m);
  expect(ended.stderr).toMatch(/The event loop was blocked for \S+ m?s in computePrices \(/);
  expect(ended.stderr).toContain('GET /cart made about 25 equal calls in one go: HTTP 127.0.0.1 GET /items/:id');
  expect(ended.stderr).toContain(`report     ringtail report ${trace}`);

  const report = JSON.parse((await ringtail(sandbox, ['report', trace, '-o', 'json'])).stdout);
  const found: { rule: string; text: string; command: string }[] = report.findings;
  expect(found.some(({ rule, text }) => rule === 'slow-operation' && text.includes('GET /search'))).toBe(true);
  const commands = [
    ...report.requests.slice(0, 1).map((one: { slowest: { command: string } }) => one.slowest),
    ...found,
  ];
  for (const { command } of commands) {
    const [name, ...words] = command.split(' ');
    expect(name).toBe('ringtail');
    const shown = await ringtail(sandbox, words);
    expect([command, shown.code, shown.stderr, shown.stdout === '']).toEqual([command, 0, '', false]);
  }
});

it('docs/report.md has each rule in order, with its value and its threshold', () => {
  const document = readFileSync(new URL('../../docs/report.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| `([\w-]+)` \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells);
  const thresholdTexts = {
    ns: (ns: number) => `${ns / 1e6} ms`,
    count: String,
    share: (share: number) => `${100 * share} %`,
  };
  expect(rows).toEqual(
    Object.entries(RULES).map(([rule, { measures, unit, threshold }]) => [
      rule,
      measures,
      thresholdTexts[unit](threshold),
    ]),
  );
});
