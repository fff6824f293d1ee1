// Throughput of an HTTP server with two events a request, beside the same server without a tracer.
import { join } from 'node:path';
import autocannon from 'autocannon';
import { cpuTimeNs, startUntilStdinEnds } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'HTTP server, every request traced';
const BUDGET_LOSS = 0.01;
const CONNECTIONS = 20;

export async function run({ quick, ringtail, folder }) {
  const rounds = quick ? 1 : 9;
  const seconds = quick ? 2 : 4;
  const samples = { untraced: [], traced: [] };
  const { discarded } = await ringtail.record({ output: join(folder, 'ours') }, async () => {
    // The load generator runs in this process and has to be warm before the first measured round.
    await load('untraced', 1, ringtail.env);
    for (let round = 0; round < rounds; round++) {
      // The order alternates, so that neither server always runs after a pause.
      const order = round % 2 === 0 ? ['untraced', 'traced'] : ['traced', 'untraced'];
      for (const mode of order) samples[mode].push(await load(mode, seconds, ringtail.env));
    }
  });
  const of = (mode, key) => median(samples[mode].map((sample) => sample[key]));
  const loss = 1 - of('traced', 'perSecond') / of('untraced', 'perSecond');
  const moreCpu = of('traced', 'cpuNs') / of('untraced', 'cpuNs') - 1;
  const spread = Math.max(
    ...samples.untraced.map((sample) => Math.abs(sample.perSecond / of('untraced', 'perSecond') - 1)),
  );
  return {
    rows: [
      {
        ...valueRow({
          what: 'throughput',
          ours: `${of('traced', 'perSecond').toFixed(0)} requests/s, ${difference(-loss)}`,
          peer: `${of('untraced', 'perSecond').toFixed(0)} requests/s (untraced)`,
          budget: '≤ 1 % less',
          within: loss <= BUDGET_LOSS,
        }),
        ratio: of('traced', 'perSecond') / of('untraced', 'perSecond'),
      },
      {
        ...valueRow({
          what: 'CPU time of the server, a request',
          ours: `${(of('traced', 'cpuNs') / 1000).toFixed(2)} µs, ${difference(moreCpu)}`,
          peer: `${(of('untraced', 'cpuNs') / 1000).toFixed(2)} µs (untraced)`,
        }),
        ratio: of('traced', 'cpuNs') / of('untraced', 'cpuNs'),
      },
    ],
    notes: [
      `Two events a request; autocannon with ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s each way, a new server each time, medians.`,
      `The untraced rounds alone lie within ±${(spread * 100).toFixed(1)} % of their median: a smaller difference means little.`,
      `Events discarded: ${discarded}.`,
    ],
  };
}

function difference(share) {
  return `${Math.abs(share * 100).toFixed(1)} % ${share < 0 ? 'less' : 'more'}`;
}

async function load(mode, seconds, env) {
  const server = await startUntilStdinEnds(process.execPath, [programPath('http-server.mjs'), mode], { env });
  try {
    const url = `http://127.0.0.1:${server.ready.port}/items?page=1`;
    await autocannon({ url, connections: CONNECTIONS, duration: 1 });
    const cpuBefore = cpuTimeNs(server.pid);
    const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds });
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`the ${mode} server failed ${result.non2xx + result.errors} requests`);
    const cpuNs = (cpuTimeNs(server.pid) - cpuBefore) / result.requests.total;
    return { perSecond: result.requests.total / result.duration, cpuNs };
  } finally {
    await server.end();
  }
}
