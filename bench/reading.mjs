// Reading traces beside babeltrace2: as text, with all details, by a visitor that reads every field, as a copy, and as
// statistics.
//
// CPU is user and system time, summed over all processes of a reading. For the visitor it covers opening and reading
// only.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordLongTrace } from './lib/long-trace.mjs';
import { makeMixedTrace } from './lib/mixed-trace.mjs';
import { costOf, run as runCommand } from './lib/process.mjs';
import { runUntraced } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Reading a trace';

const RINGTAIL = fileURLToPath(new URL('../packages/cli/bin/ringtail.mjs', import.meta.url));
/** Threads of the program that LTTng records. */
const THREADS = 4;
/** Least ratios of babeltrace2's time to ours. */
const BUDGETS = {
  'text, CPU': 5,
  'text, wall': 8,
  'details, CPU': 6,
  'details, wall': 8,
  'visitor of every field, CPU': 5,
  'copy, CTF 1.8 to CTF 1.8, CPU': 15,
  "statistics beside babeltrace2's counter, CPU": 1,
};
const MEMORY_BUDGET_MIB = 8;

export async function run({ quick, folder, lttng }) {
  const million = quick ? 100_000 : 1_000_000;
  const rounds = quick ? 1 : 3;
  const traces = new Map();
  if (lttng.absent === undefined) {
    const output = join(folder, 'lttng-mixed');
    traces.set(`LTTng, ${THREADS} threads`, await lttng.recordMixed(output, 12 * million, THREADS));
  }
  for (const [streams, layout] of [
    [4, 'natural'],
    [64, 'packed'],
  ]) {
    const trace = makeMixedTrace(folder, { events: 4 * million, streams, layout });
    traces.set(`${streams} data streams, ${layout === 'natural' ? 'aligned' : 'packed'}`, trace);
  }
  traces.set('one data stream, int32 and 16 characters', await recordLongTrace(folder, 10 * million));
  const rows = [];
  const notes = [];
  for (const [name, trace] of traces) {
    await requireSameText(trace, folder, name);
    const { rows: ofTrace, note } = await measure(name, trace, join(folder, 'copy'), rounds);
    rows.push(...ofTrace);
    notes.push(note);
  }
  return {
    rows: [...rows, await memoryRow(folder, million)],
    notes: [
      'Traces are in the page cache; text goes to /dev/null. Ours and theirs take turns. Medians, and in brackets the range of ours.',
      ...notes,
      'CPU of text: with --jobs 1. Wall time: with the default number of processes.',
      'Fields: integers of 8 to 64 bits, floating point numbers, enumerations, texts, sequences, nested structures.',
    ],
  };
}

/** Requires the same text from both: the time of a wrong text is worth nothing. */
async function requireSameText(trace, folder, name) {
  const script = 'babeltrace2 "$1" > "$2/theirs" && "$3" "$4" view "$1" > "$2/ours" && cmp "$2/theirs" "$2/ours"';
  try {
    await runCommand('sh', ['-c', script, 'sh', trace, folder, process.execPath, RINGTAIL]);
  } catch (error) {
    throw new Error(`the text of "${name}" differs from babeltrace2's: ${error.message}`);
  } finally {
    for (const file of ['theirs', 'ours']) rmSync(join(folder, file), { force: true });
  }
}

async function measure(name, trace, copy, rounds) {
  const ours = (...args) => [process.execPath, [RINGTAIL, ...args]];
  const theirs = (...args) => ['babeltrace2', args];
  const commands = {
    text: [ours('view', '--jobs', '1', trace), theirs(trace)],
    textInJobs: [ours('view', trace), theirs(trace)],
    details: [ours('convert', '-o', 'details', trace), theirs(trace, '-c', 'sink.text.details')],
    visit: [undefined, theirs(trace, '-o', 'dummy')],
    stats: [ours('stats', trace), theirs(trace, '-c', 'sink.utils.counter')],
    copy: [ours('convert', trace, '-o', 'ctf', '-w', copy), theirs(trace, '-o', 'ctf', '-w', copy)],
  };
  const costs = Object.fromEntries(Object.keys(commands).map((what) => [what, { ours: [], theirs: [] }]));
  let events = 0;
  const visit = async () => {
    const { events: count, cpuMs } = await runUntraced('read.mjs', ['visit', trace], copy);
    events = count;
    return { cpuMs };
  };
  for (let round = 0; round < rounds; round++) {
    for (const [what, [our, their]] of Object.entries(commands)) {
      costs[what].ours.push(our === undefined ? await visit() : await costOf(...our));
      rmSync(copy, { recursive: true, force: true });
      // babeltrace2 prints the same text for both text rows, so it is measured once a round.
      costs[what].theirs.push(what === 'textInJobs' ? costs.text.theirs.at(-1) : await costOf(...their));
      rmSync(copy, { recursive: true, force: true });
    }
  }
  const row = (budget, what, key) => ratioRow(`${name}: ${budget}`, costs[what], key, BUDGETS[budget]);
  return {
    rows: [
      row('text, CPU', 'text', 'cpuMs'),
      row('text, wall', 'textInJobs', 'wallMs'),
      row('details, CPU', 'details', 'cpuMs'),
      row('details, wall', 'details', 'wallMs'),
      row('visitor of every field, CPU', 'visit', 'cpuMs'),
      row('copy, CTF 1.8 to CTF 1.8, CPU', 'copy', 'cpuMs'),
      row("statistics beside babeltrace2's counter, CPU", 'stats', 'cpuMs'),
    ],
    note: `${name}: ${events} events.`,
  };
}

/** Ratio of the peer's time to ours. */
function ratioRow(what, costs, key, budget) {
  const [ours, theirs] = [costs.ours, costs.theirs].map((list) => list.map((cost) => cost[key]));
  const ratio = median(theirs) / median(ours);
  return {
    what,
    ours: `${seconds(median(ours))} (${seconds(Math.min(...ours))} to ${seconds(Math.max(...ours))})`,
    peer: `${seconds(median(theirs))} (babeltrace2)`,
    ratio,
    budget: `≥ ${budget} ×`,
    within: ratio >= budget,
  };
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** Peak memory, which must not depend on the length of the trace. */
async function memoryRow(folder, million) {
  const peakMiB = async (events) => {
    const trace = await recordLongTrace(folder, events);
    return (await runUntraced('read.mjs', ['text', trace], folder)).peakMiB;
  };
  const [long, short] = [await peakMiB(10 * million), await peakMiB(million)];
  return {
    what: 'peak memory, text, one process',
    ours: `${long.toFixed(0)} MiB`,
    peer: `${short.toFixed(0)} MiB (a tenth of the events)`,
    budget: `≤ ${MEMORY_BUDGET_MIB} MiB more`,
    within: long - short <= MEMORY_BUDGET_MIB,
  };
}
