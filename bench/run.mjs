// Runs the benchmarks and writes docs/benchmarks.md.
//
//   node bench/run.mjs [--quick] [--write] [NAME…]
//
//   --quick    (or RINGTAIL_BENCH_QUICK=1) short runs, which only show that the benchmarks work; nothing is written
//   --write    with names: replaces their sections in the document
//
// With names (tracepoint-cost, http-server …) only these run, and the document is written only with --write.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startLttng } from './lib/lttng.mjs';
import { describeMachine } from './lib/machine.mjs';
import { documentMarkdown, sectionText, withSection } from './lib/report.mjs';
import { runUntraced, startRingtail } from './lib/ringtail.mjs';

const NAMES = [
  'tracepoint-cost',
  'disabled-tracepoint',
  'wrong-values',
  'filtered-tracepoint',
  'triggers',
  'many-triggers',
  'trigger-latency',
  'bytes-per-event',
  'sustained',
  'flight-recorder',
  'control',
  'idle',
  'http-server',
  'http-events',
  'loggers',
  'probes',
  'alternatives',
  'memory',
  'startup',
  'reading',
];
const DOCUMENT = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' } },
  allowPositionals: true,
});
const quick = values.quick ?? process.env.RINGTAIL_BENCH_QUICK === '1';
const unknown = positionals.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark called ${unknown.join(', ')}; there are ${NAMES.join(', ')}.`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : NAMES;

const folder = mkdtempSync(join(tmpdir(), 'ringtail-bench-'));
const memoryFolder = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/ringtail-bench-') : folder;
// Searchable, since LTTng runs as another user when we are root.
for (const path of [folder, memoryFolder]) chmodSync(path, 0o711);
const closers = [];
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => cleanUp().finally(() => process.exit(code)));
}
try {
  process.exitCode = await runAll();
} finally {
  await cleanUp();
}

async function cleanUp() {
  for (const close of closers.splice(0).reverse()) await close().catch((error) => console.error(error.message));
  for (const path of [folder, memoryFolder]) rmSync(path, { recursive: true, force: true });
}

async function runAll() {
  const machine = describeMachine();
  for (const [label, value] of machine) console.log(`${label}: ${value}`);
  const clockAddon = clockAddonAbsence();
  const lttng = await startLttng(folder);
  if (lttng.absent === undefined) closers.push(() => lttng.close());
  const ringtail = await startRingtail(folder);
  closers.push(() => ringtail.close());

  const absences = [];
  if (lttng.absent === undefined) machine.push(['LTTng', lttng.version]);
  else absences.push(`C lttng-ust (${lttng.absent})`);
  if (clockAddon !== null) absences.push(`our clock addon (${clockAddon})`);
  for (const absence of absences) console.log(`\n*** ABSENT: ${absence}. Rows that need it are not measured. ***`);

  const { floors } = await runUntraced('floor.mjs', [], folder);
  console.log(
    `Floors: ${Object.entries(floors)
      .map(([name, ns]) => `${name} ${ns.toFixed(1)} ns`)
      .join(', ')}\n`,
  );

  const sections = [];
  const failures = [];
  for (const name of names) {
    const { title, run } = await import(`./${name}.mjs`);
    try {
      const section = { title, ...(await run({ quick, ringtail, lttng, folder, memoryFolder, clockAddon })) };
      absences.push(...(section.absences ?? []));
      sections.push(section);
      console.log(sectionText(section));
    } catch (error) {
      failures.push(name);
      console.error(`*** ${name} failed: ${error.stack}\n`);
    }
  }
  const exceeded = sections.flatMap(({ rows }) => rows.filter((row) => row.within === false));
  for (const { what, ours, budget } of exceeded) console.log(`*** Budget exceeded: ${what}: ${ours} (${budget})`);
  for (const absence of absences) console.log(`*** Absent: ${absence}`);
  if (failures.length > 0) return 1;
  if (names === NAMES && !quick) {
    writeFileSync(DOCUMENT, documentMarkdown({ machine, sections, floors, absences, quick }));
    console.log(`Written: ${DOCUMENT}`);
  } else if (values.write) {
    const add = (text, one) => withSection(text, one, machine, quick);
    const document = sections.reduce(add, readFileSync(DOCUMENT, 'utf8'));
    writeFileSync(DOCUMENT, document);
    console.log(`Written: ${sections.map((one) => one.title).join(', ')} in ${DOCUMENT}`);
  }
  return 0;
}

/** Why the clock addon cannot be loaded, or null. */
function clockAddonAbsence() {
  try {
    createRequire(import.meta.url)('@ringtail/tracer/clock-linux-x64');
    return null;
  } catch (error) {
    return String(error.message).split('\n')[0];
  }
}
