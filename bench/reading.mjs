// Reading a long trace: text, a visitor that reads every field, and a copy, against babeltrace2.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordLongTrace } from './lib/long-trace.mjs';
import { run as runCommand } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { runUntraced } from './lib/ringtail.mjs';
import { interleave } from './lib/statistics.mjs';

export const title = 'Reading a trace';

const TEXT_BUDGET = 8;
const VISITOR_BUDGET = 5;
const COPY_BUDGET = 8;
const RINGTAIL = fileURLToPath(new URL('../packages/cli/bin/ringtail.mjs', import.meta.url));

export async function run({ quick, folder }) {
  const events = quick ? 1_000_000 : 10_000_000;
  const long = await recordLongTrace(folder, events);
  const short = await recordLongTrace(folder, events / 10);
  // Processes that help take a while to start and to become fast.
  const veryLong = await recordLongTrace(folder, 4 * events);
  const peakMiB = {};
  let eventCount = 0;
  const ours = (mode, trace, name) => async () => {
    const { events: count, seconds, peakMiB: peak } = await runUntraced('read.mjs', [mode, trace], folder);
    peakMiB[name] = Math.max(peak, peakMiB[name] ?? 0);
    if (trace === long) eventCount = count;
    return count / seconds;
  };
  // Every variant prints its events once a round; ours come first, so that the count is known.
  const perSecond = (seconds) => eventCount / seconds;
  const copy = join(folder, 'copy');
  const copied = async (command, args) => {
    rmSync(copy, { recursive: true, force: true });
    const seconds = await timed(command, args);
    rmSync(copy, { recursive: true, force: true });
    return perSecond(seconds);
  };
  const failures = new Map();
  const medians = await interleave(
    quick ? 1 : 5,
    {
      text: ours('text', long, 'text'),
      visit: ours('visit', long, 'visit'),
      longText: ours('text', veryLong, 'longText'),
      jobs: ours('jobs', veryLong, 'jobs'),
      shortText: ours('text', short, 'shortText'),
      wholeText: async () =>
        perSecond(await timed('sh', ['-c', 'exec "$0" "$1" view "$2" > /dev/null', process.execPath, RINGTAIL, long])),
      copy: () => copied(process.execPath, [RINGTAIL, 'convert', long, '-o', 'ctf', '-w', copy]),
      peerCopy: () => copied('babeltrace2', [long, '-o', 'ctf', '-w', copy]),
      peerText: async () => perSecond(await timed('sh', ['-c', 'exec babeltrace2 "$0" > /dev/null', long])),
      peerDummy: async () => perSecond(await timed('babeltrace2', [long, '-o', 'dummy'])),
    },
    failures,
  );
  const million = (value) => `${(value / 1e6).toFixed(2)} M events/s`;
  const row = (what, value, peer, peerName, budget) => {
    if (value === undefined) return { what, ours: 'FAILED', peer: '–', budget: `≥ ${budget} ×`, within: false };
    if (peer === undefined) return { what, ours: million(value), peer: `${peerName}: ABSENT`, budget: `≥ ${budget} ×` };
    const ratio = value / peer;
    const base = { what, ours: million(value), peer: `${million(peer)} (${peerName})`, ratio };
    return budget === undefined ? base : { ...base, budget: `≥ ${budget} ×`, within: ratio >= budget };
  };
  const { text, wholeText, visit, copy: copying, longText, jobs, peerText, peerDummy, peerCopy } = medians;
  const difference = peakMiB.text - peakMiB.shortText;
  return {
    rows: [
      row('text, one thread', text, peerText, 'babeltrace2, text', TEXT_BUDGET),
      row('text, one thread, start-up included', wholeText, peerText, 'babeltrace2, text', TEXT_BUDGET),
      row('visitor that reads every field', visit, peerDummy, 'babeltrace2, dummy sink', VISITOR_BUDGET),
      row('copy, CTF 1.8 to CTF 1.8, start-up included', copying, peerCopy, 'babeltrace2, sink.ctf.fs', COPY_BUDGET),
      valueRow({
        what: 'text, --jobs 2, a trace of four times the events',
        ours: jobs === undefined ? 'FAILED' : million(jobs),
        peer: longText === undefined ? 'FAILED' : `${million(longText)} (one process)`,
        budget: 'faster',
        within: jobs > longText,
      }),
      valueRow({
        what: 'peak memory, text',
        ours: `${peakMiB.text?.toFixed(0)} MiB`,
        peer: `${peakMiB.shortText?.toFixed(0)} MiB (a tenth of the events)`,
        budget: '≤ 8 MiB more',
        within: difference <= 8,
      }),
    ],
    notes: [
      `A trace of ${eventCount} events with an int32 and 16 characters, in the page cache; text goes to /dev/null.`,
      'Where start-up is not included, ours is timed within the process, from opening the trace on; babeltrace2 is timed as a process.',
      ...[...failures].map(([name, message]) => `${name}: ${message}`),
    ],
  };
}

async function timed(command, args) {
  const begin = process.hrtime.bigint();
  await runCommand(command, args);
  return Number(process.hrtime.bigint() - begin) / 1e9;
}
