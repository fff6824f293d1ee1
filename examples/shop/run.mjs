// npm start: records the shop under load, then shows the first events. The trace stays in trace-shop/.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const REQUESTS = 20_000;
const EVENTS_SHOWN = 10;
const root = fileURLToPath(new URL('../..', import.meta.url));
const ringtail = join(root, 'packages', 'cli', 'bin', 'ringtail.mjs');
const trace = join(root, 'trace-shop');

// The recording has a daemon of its own, whichever run directory is set.
const { RINGTAIL_RUNDIR: _, ...env } = process.env;

rmSync(trace, { recursive: true, force: true });

console.log('$ ringtail record -o trace-shop -- node examples/shop/server.mjs');
const server = fileURLToPath(new URL('./server.mjs', import.meta.url));
const recording = spawn(process.execPath, [ringtail, 'record', '-o', trace, '--', process.execPath, server], {
  cwd: root,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const recorded = once(recording, 'exit');
const url = await addressOf(recording);

const load = await autocannon({
  url,
  connections: 20,
  amount: REQUESTS,
  requests: [
    { method: 'POST', path: '/orders' },
    { method: 'GET', path: '/stock/17' },
    { method: 'POST', path: '/orders' },
  ],
});
const answered = load['2xx'];
console.log(
  `${answered} requests answered, ${Math.round(load.requests.average)} a second, ${load.latency.p99} ms at the 99th percentile`,
);

// ringtail passes the signal on to the server, which closes its connections and ends. Then ringtail prints the summary.
recording.kill('SIGTERM');
const [code] = await recorded;

console.log('\n$ ringtail view trace-shop | head');
const lines = await firstLines(EVENTS_SHOWN);
for (const line of lines) console.log(line);

if (code !== 0 || answered < REQUESTS || lines.length < EVENTS_SHOWN) {
  console.error(`shop: exit code ${code}, ${answered} of ${REQUESTS} requests, ${lines.length} events shown`);
  process.exitCode = 1;
}

/** The address that the server writes on its first line. */
async function addressOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error('the server ended before it listened');
}

async function firstLines(count) {
  const view = spawn(process.execPath, [ringtail, 'view', trace], { stdio: ['ignore', 'pipe', 'inherit'] });
  const shown = [];
  for await (const line of createInterface({ input: view.stdout })) {
    shown.push(line);
    if (shown.length === count) break;
  }
  view.stdout.destroy();
  return shown;
}
