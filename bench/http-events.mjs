// CPU time that events cost an HTTP server: in one process, whose events are switched on and off in turn.
import { join } from 'node:path';
import { LogLevels } from '@ringtail/protocol';
import autocannon from 'autocannon';
import { cpuTimeNs, startUntilStdinEnds } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { DEFAULTS, programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Events of an HTTP server, switched on and off in one process';
const CONNECTIONS = 20;
const SETTLE_SECONDS = 1;
const REGISTER = import.meta.resolve('@ringtail/tracer/register');

/** Modes of `programs/http-server.mjs`, with their events. */
const SERVERS = [
  {
    what: 'two own events a request',
    mode: 'traced',
    rules: [{ pattern: 'bench:*' }],
    budget: '≤ 0.2 µs more',
    isWithin: ({ moreNs }) => moreNs <= 200,
  },
  {
    what: 'unchanged server, events of the runtime at info',
    mode: 'untraced',
    rules: [{ pattern: 'node_*', logLevel: { from: 0, to: LogLevels.info } }],
    budget: '≤ 1 % more',
    isWithin: ({ share }) => share <= 0.01,
  },
  {
    what: 'unchanged server, 1000 CPU samples a second',
    mode: 'untraced',
    rules: [{ pattern: 'node_cpu:*' }],
    // Longer than two slices of samples: their ends cost more than the samples.
    seconds: 12,
    budget: '≤ 3 % more',
    isWithin: ({ share }) => share <= 0.03,
  },
];

export async function run({ quick, ringtail, folder }) {
  const rounds = quick ? 2 : 15;
  const seconds = quick ? 1 : 2;
  const rows = [];
  const notes = [
    `autocannon with ${CONNECTIONS} connections, ${rounds} pairs of ${seconds} s; medians of the pairs.`,
    `Before each period, ${SETTLE_SECONDS} s are left out, in which hooks come or go and V8 compiles functions again.`,
  ];
  for (const server of SERVERS) {
    const serverSeconds = (quick ? undefined : server.seconds) ?? seconds;
    if (serverSeconds !== seconds) notes.push(`Pairs of ${serverSeconds} s: ${server.what}.`);
    const pairs = await ringtail.session({ output: join(folder, 'events') }, (client, session) =>
      measure(client, session, server, ringtail.env, rounds, serverSeconds),
    );
    const offNs = median(pairs.map(({ off }) => off));
    const moreNs = median(pairs.map(({ on, off }) => on - off));
    const share = median(pairs.map(({ on, off }) => on / off - 1));
    const shares = pairs.map(({ on, off }) => on / off - 1).sort((a, b) => a - b);
    rows.push({
      ...valueRow({
        what: server.what,
        ours: `${(moreNs / 1000).toFixed(2)} µs more, ${(share * 100).toFixed(1)} %`,
        peer: `${(offNs / 1000).toFixed(2)} µs (not enabled)`,
        budget: server.budget,
        within: server.isWithin({ moreNs, share }),
      }),
      ratio: 1 + share,
    });
    const quartile = (part) => `${(shares[Math.floor((shares.length - 1) * part)] * 100).toFixed(1)} %`;
    notes.push(`Differences of the pairs, ${server.what}: quartiles ${quartile(0.25)} and ${quartile(0.75)}.`);
  }
  return { rows, notes };
}

/** @returns CPU time of the server in nanoseconds a request, of each pair of periods with and without the events */
async function measure(client, session, { mode, rules }, env, rounds, seconds) {
  await client.enableChannel(session, { ...DEFAULTS, name: 'channel0' });
  for (const rule of rules) await client.enableEvent(session, rule, 'channel0');
  const command = ['--import', REGISTER, programPath('http-server.mjs'), mode];
  const server = await startUntilStdinEnds(process.execPath, command, { env });
  const url = `http://127.0.0.1:${server.ready.port}/items?page=1`;
  const period = async (duration) => {
    const before = cpuTimeNs(server.pid);
    const { requests, errors, non2xx } = await autocannon({ url, connections: CONNECTIONS, duration });
    if (errors + non2xx > 0) throw new Error(`the server failed ${errors + non2xx} requests`);
    return (cpuTimeNs(server.pid) - before) / requests.total;
  };
  // Hooks come and go with the session, and V8 then compiles the server's functions again.
  const settled = async () => {
    await period(SETTLE_SECONDS);
    return await period(seconds);
  };
  const on = async () => {
    await client.startSession(session);
    const ns = await settled();
    await client.stopSession(session);
    return ns;
  };
  const off = settled;
  try {
    await on();
    await off();
    const pairs = [];
    for (let round = 0; round < rounds; round++) {
      // The order alternates, so that neither always comes first.
      if (round % 2 === 0) pairs.push({ on: await on(), off: await off() });
      else pairs.push({ off: await off(), on: await on() });
    }
    return pairs;
  } finally {
    await server.end();
  }
}
