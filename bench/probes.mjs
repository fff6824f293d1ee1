// A probe of a line is enabled in a server under load, hit, and removed, by version of Node.js: throughput before, with
// and after it, and the time of a call of the function.
import { join } from 'node:path';
import autocannon from 'autocannon';
import { nodeOf, SUPPORTED } from '../tools/node-copies.mjs';
import { sleep, startUntilStdinEnds } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { DEFAULTS, programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'A dynamic probe in a server under load, by version of Node.js';
const CONNECTIONS = 20;
const RATES = [1000, 100_000];
const REGISTER = import.meta.resolve('@ringtail/tracer/register');
const EVENT = 'probe:step';
const PHASES = ['before', 'during', 'after'];
/** A breakpoint that was hit too often is back after a second. */
const HELD_MS = 1100;
/** Within this time the consumer daemon has written the events of a ring. */
const DRAINED_MS = 3000;

export async function run({ quick, ringtail, folder }) {
  const [rounds, seconds] = quick ? [2, 1] : [5, 3];
  const absent = SUPPORTED.filter((major) => nodeOf(major) === undefined);
  const rows = [];
  for (const major of SUPPORTED) {
    const node = nodeOf(major);
    if (node === undefined) continue;
    const options = { node, canEdit: major < 26, env: ringtail.env, rounds, seconds };
    const measured = await ringtail.session({ output: join(folder, `probes-${major}`) }, (client, session) =>
      measure(client, session, options),
    );
    rows.push(...RATES.map((rate) => rateRow(major, rate, measured)), costRow(major, measured));
  }
  const notes = [
    'The probe is edited in on Node.js 20, 22 and 24. It is a breakpoint, which records at most 500 hits a second, on ' +
      'Node.js 26.',
    `autocannon with ${CONNECTIONS} connections; ${rounds} rounds of 3 × ${seconds} s, of which the medians. Requests ` +
      'call the function so often that the rate is reached, so that they carry its cost.',
  ];
  return {
    rows,
    notes,
    absences: absent.map((major) => `Node.js ${major} (node tools/test-on-nodes.mjs installs it)`),
  };
}

function rateRow(major, rate, measured) {
  const rounds = measured.filter((one) => one.rate === rate);
  const of = (phase, figure) => median(rounds.map((round) => round[phase][figure]));
  const change = (phase) => median(rounds.map((round) => round[phase].perSecond / round.before.perSecond - 1));
  return valueRow({
    what: `Node.js ${major}, ${rate.toLocaleString('en')} hits/s: requests/s before, with and after the probe`,
    ours: PHASES.map((phase) => of(phase, 'perSecond').toFixed(0)).join(', '),
    peer: `with it ${percent(change('during'))}, ${of('during', 'recorded').toFixed(0)} events/s; after it ${percent(change('after'))}`,
    budget: 'after: within 5 %',
    within: Math.abs(change('after')) <= 0.05,
  });
}

function costRow(major, measured) {
  const ns = (phase) => median(measured.map((round) => round[phase].ns));
  return valueRow({
    what: `Node.js ${major}: one call of the function before, with and after the probe`,
    ours: PHASES.map((phase) => `${ns(phase).toFixed(0)} ns`).join(', '),
    peer: `${(ns('during') - ns('before')).toFixed(0)} ns a recorded hit`,
  });
}

function percent(share) {
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
}

async function measure(client, session, { node, canEdit, env, rounds, seconds }) {
  await client.enableChannel(session, { ...DEFAULTS, name: 'channel0' });
  await client.startSession(session);
  const server = await startUntilStdinEnds(node, ['--import', REGISTER, programPath('probed-server.mjs')], { env });
  const url = `http://127.0.0.1:${server.ready.port}`;
  const ask = async (path) => (await fetch(`${url}${path}`)).json();
  const recorded = async () => {
    await sleep(DRAINED_MS);
    return (await client.sessionStatistics(session)).eventsRecorded;
  };
  const phase = async (rate) => {
    const before = await recorded();
    const { requests, errors, non2xx } = await autocannon({
      url: `${url}/?rate=${rate}`,
      connections: CONNECTIONS,
      duration: seconds,
    });
    if (errors + non2xx > 0) throw new Error(`the server failed ${errors + non2xx} requests`);
    const hits = ((await recorded()) - before) / seconds;
    const costs = [];
    for (let index = 0; index < (canEdit ? 15 : 3); index++) {
      await sleep(canEdit ? 20 : HELD_MS);
      // Fewer calls than a probe records in one period.
      costs.push((await ask(`/cost?calls=${canEdit ? 1000 : 100}`)).ns);
    }
    return { perSecond: requests.total / seconds, recorded: hits, ns: median(costs) };
  };
  const { line } = server.ready;
  const file = programPath('probed-server.mjs');
  const probe = { file, line, captures: [], expiresAtMs: Date.now() + 86_400_000 };
  const results = [];
  try {
    await phase(RATES[0]);
    for (let round = 0; round < rounds; round++) {
      for (const rate of RATES) {
        const before = await phase(rate);
        await client.enableEvent(session, { pattern: EVENT, probe }, 'channel0');
        const count = await recorded();
        while ((await recorded()) === count || (canEdit && (await ask('/text')).isOriginal)) {
          await ask('/cost?calls=1');
          await sleep(20);
        }
        const during = await phase(rate);
        await client.disableEvent(session, EVENT, 'channel0');
        while (!(await ask('/text')).isOriginal) await sleep(20);
        await sleep(canEdit ? 0 : HELD_MS);
        results.push({ rate, before, during, after: await phase(rate) });
      }
    }
    return results;
  } finally {
    await server.end();
  }
}
