import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeSandbox, record, type Sandbox, succeed } from '../e2e/harness.ts';
import { requirePeer } from '../peers.ts';

const chromium = requirePeer('chromium', 'timelines in speedscope');
const SPEEDSCOPE = dirname(createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json'));
const CHROMIUM_MS_MAX = 300_000;

/** A server whose requests read a file in the thread, and call a second server. */
const SOURCE = `
  import { readFileSync } from 'node:fs';
  import { createServer } from 'node:http';
  function burnCycles() {
    const end = process.cpuUsage().user + 200_000;
    let sum = 0;
    while (process.cpuUsage().user < end) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
    return sum;
  }
  const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
  const back = createServer((request, response) => response.end('back'));
  const backPort = await listening(back);
  const front = createServer(async (request, response) => {
    readFileSync(import.meta.filename ?? new URL(import.meta.url));
    burnCycles();
    response.end(await (await fetch('http://127.0.0.1:' + backPort + '/stock')).text());
  });
  const port = await listening(front);
  for (let i = 0; i < 3; i++) await (await fetch('http://127.0.0.1:' + port + '/carts/1')).text();
  front.close();
  back.close();
  front.closeAllConnections();
  back.closeAllConnections();
  process.exit(0);`;

async function recorded(): Promise<{ readonly sandbox: Sandbox; readonly trace: string }> {
  const made = makeSandbox();
  const sandbox = { ...made, env: { ...made.env, RINGTAIL_INSTRUMENT: undefined } };
  const program = join(sandbox.directory, 'app.mjs');
  writeFileSync(program, SOURCE);
  const rules = ['--settings=profile', '-u', 'node_cpu:*'];
  return { sandbox, ...(await record(sandbox, [process.execPath, program], rules)) };
}

describe('the timeline of a recorded program', () => {
  it('has requests with the calls inside, synchronous operations in the thread, gauges and CPU samples', async () => {
    const { sandbox, trace } = await recorded();
    // biome-ignore lint/suspicious/noExplicitAny: JSON
    const events: any[] = JSON.parse(await succeed(sandbox, 'convert', trace, '-o', 'chrome')).traceEvents;
    const requests = events.filter(({ ph, name }) => ph === 'b' && name.startsWith('GET /carts'));
    expect(requests).toHaveLength(3);
    for (const request of requests) {
      const ofRequest = events.filter(({ bind_id, ph }) => bind_id === request.bind_id && ph !== 'e');
      const call = ofRequest.find(({ name }) => name.startsWith('HTTP http://127.0.0.1'));
      expect(call).toMatchObject({ ph: 'b', id2: request.id2, args: { path: '/stock', status: 200 } });
      expect(call.ts).toBeGreaterThan(request.ts);
      const read = ofRequest.find(({ name }) => name === 'readFileSync');
      expect([read?.ph, read?.args.form]).toEqual(['X', 'sync']);
    }
    expect(events.filter(({ ph }) => ph === 'C').map(({ name }) => name)).toContain('memory rss');
    const chunks = events.filter(({ name }) => name === 'ProfileChunk');
    const nodes = chunks.flatMap(({ args }) => args.data.cpuProfile.nodes);
    expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain('burnCycles');
  });

  it.skipIf(chromium === undefined)(
    'is imported by speedscope, with and without CPU samples',
    async () => {
      const { sandbox, trace } = await recorded();
      const file = join(sandbox.directory, 'trace.json');
      await succeed(sandbox, 'convert', trace, '-o', 'chrome', '-w', file);
      const samples = speedscopePage(sandbox, file);
      expect(samples.log).toContain('Importing as Chrome Timeline Object');
      expect(samples.page).toContain('<title>trace.json - speedscope</title>');
      await succeed(sandbox, 'convert', trace, '-o', 'chrome', '-w', file, '--name', 'node_fs:*');
      const slices = speedscopePage(sandbox, file);
      expect(slices.log).toContain('Importing as Trace Event Format profile');
      expect(slices.page).toMatch(/>node \(pid \d+\), node \(tid \d+\)</);
    },
    2 * CHROMIUM_MS_MAX,
  );
});

/** The page of speedscope that shows a file, and what it has said. */
function speedscopePage({ directory }: Sandbox, file: string): { readonly page: string; readonly log: string } {
  const script = join(directory, 'load.js');
  const base64 = readFileSync(file).toString('base64');
  writeFileSync(script, `speedscope.loadFileFromBase64('trace.json', '${base64}')`);
  const { stdout, stderr, status } = spawnSync(
    chromium as string,
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--enable-logging=stderr', '--virtual-time-budget=60000'],
      `--user-data-dir=${join(directory, 'profile')}`,
      '--dump-dom',
      `${pathToFileURL(join(SPEEDSCOPE, 'index.html'))}#localProfilePath=${script}`,
    ],
    { encoding: 'utf8', timeout: CHROMIUM_MS_MAX, maxBuffer: 1 << 28 },
  );
  expect(status).toBe(0);
  return { page: stdout, log: stderr };
}
