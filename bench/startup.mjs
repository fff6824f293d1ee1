// Cost of a process before it does any work: commands, and programs that load the tracer, beside bare Node.js.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { costOf, run as runCommand } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Starting';

const VIEW_BUDGET_MS = 120;
const WORKERS = 30;
const RINGTAIL = fileURLToPath(new URL('../packages/cli/bin/ringtail.mjs', import.meta.url));
const REGISTER = import.meta.resolve('@ringtail/tracer/register');

export async function run({ quick, ringtail, folder }) {
  const trace = join(folder, 'ten-events');
  const tenEvents = [process.execPath, programPath('tick.mjs'), 'paced', '1000', '11'];
  await runCommand(process.execPath, [RINGTAIL, 'record', '--output', trace, '--', ...tenEvents]);
  const node = (...args) => ({ command: process.execPath, args });
  const program = ['-e', '0'];
  const workers = [programPath('workers.mjs'), String(WORKERS)];
  const variants = {
    bare: node(...program),
    view: node(RINGTAIL, 'view', trace),
    babeltrace2: { command: 'babeltrace2', args: [trace] },
    list: node(RINGTAIL, 'list'),
    help: node(RINGTAIL, '--help'),
    record: node(RINGTAIL, 'record', '--output', join(folder, 'nothing'), 'true'),
    preload: node('--import', REGISTER, ...program),
    registered: node('--import', REGISTER, ...program),
    workers: node(...workers),
    workersPreload: node('--import', REGISTER, ...workers),
    workersRegistered: node('--import', REGISTER, ...workers),
  };
  const nowhere = { ...process.env, RINGTAIL_RUNDIR: join(folder, 'nowhere') };
  const environments = {
    list: ringtail.env,
    record: process.env,
    registered: ringtail.env,
    workersRegistered: ringtail.env,
  };
  const samples = new Map(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < (quick ? 3 : 21); round++) {
    for (const [name, { command, args }] of Object.entries(variants)) {
      samples.get(name).push(await costOf(command, args, { env: environments[name] ?? nowhere }));
    }
  }
  const of = (name, key) => median(samples.get(name).map((cost) => cost[key]));
  const row = (name, what, peer = 'bare') => {
    const cpuMs = of(name, 'cpuMs');
    const moreMs = cpuMs - of(peer === 'workers' ? peer : 'bare', 'cpuMs');
    return {
      moreMs,
      what,
      ours: `${cpuMs.toFixed(0)} ms of CPU, ${moreMs.toFixed(0)} ms more; ${of(name, 'wallMs').toFixed(0)} ms`,
      peer: `${of(peer, 'cpuMs').toFixed(0)} ms of CPU, ${of(peer, 'wallMs').toFixed(0)} ms (${PEERS[peer]})`,
    };
  };
  const view = row('view', 'ringtail view of ten events');
  const budget = { budget: `≤ ${VIEW_BUDGET_MS} ms of CPU more`, within: view.moreMs <= VIEW_BUDGET_MS };
  return {
    rows: [
      valueRow({ ...view, ...budget }),
      valueRow(row('view', 'the same beside a reader in C', 'babeltrace2')),
      valueRow(row('list', 'ringtail list')),
      valueRow(row('help', 'ringtail --help')),
      valueRow(row('record', 'ringtail record true, with the two daemons that it starts and ends')),
      valueRow(row('preload', 'a program with the tracer, without a session daemon')),
      valueRow(row('registered', 'a program with the tracer, registered with a session daemon')),
      valueRow(row('workersPreload', `${WORKERS} worker threads with the tracer, without a session daemon`, 'workers')),
      valueRow(row('workersRegistered', `${WORKERS} worker threads, each registered with a session daemon`, 'workers')),
    ],
    notes: [
      'CPU time of the process and of its children; "more": compared with bare Node.js, or with the same threads without the tracer.',
      'Each command is one file, which Node.js 22.8 and later keep compiled between runs.',
    ],
  };
}

const PEERS = { bare: 'node -e 0', babeltrace2: 'babeltrace2', workers: 'without the tracer' };
