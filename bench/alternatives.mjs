// The same event, recorded in the ways that Node.js programs use today.
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ratioRow } from './lib/report.mjs';
import { CLOCKS, runUntraced } from './lib/ringtail.mjs';
import { interleave, median } from './lib/statistics.mjs';

export const title = 'Alternatives for the same event';

export async function run({ quick, ringtail, folder, memoryFolder, clockAddon }) {
  const loops = 3;
  const rounds = quick ? 1 : 3;
  const scale = quick ? 0.1 : 1;
  const logFile = join(memoryFolder, 'pino.log');
  const traceFile = join(memoryFolder, 'node-trace.log');
  const peers = {
    'pino, to a file': { program: 'pino.mjs', events: 1_000_000, args: [logFile], file: logFile },
    'node:trace_events, to a file': {
      program: 'trace-events.mjs',
      events: 300_000,
      nodeOptions: [
        '--no-warnings',
        '--expose-internals',
        '--trace-event-categories',
        'node.bench',
        '--trace-event-file-pattern',
        traceFile,
      ],
      file: traceFile,
    },
    'performance.mark(), in memory': { program: 'perf-marks.mjs', events: 1_000_000 },
    'OpenTelemetry span, no exporter': { program: 'opentelemetry.mjs', events: 1_000_000 },
  };
  const notes = ['Ours goes into a trace (overwrite mode, tmpfs); the files of the others are in tmpfs too.'];
  const variants = {
    ours: async () => {
      const { env, clock } = CLOCKS[clockAddon === null ? 'addon' : 'none'];
      const use = () => ringtail.tick(['cost', 'varying', 1_000_000 * scale, loops], env);
      const recorded = await ringtail.record(
        { output: join(memoryFolder, 'ours'), clock, channels: [{ mode: 'overwrite' }] },
        use,
      );
      return median(recorded.result.nsPerEvent);
    },
  };
  for (const [name, { program, events, args = [], nodeOptions = [], file }] of Object.entries(peers)) {
    variants[name] = async () => {
      try {
        const result = await runUntraced(program, [events * scale, loops, ...args], folder, nodeOptions);
        if (file !== undefined) requireContent(file);
        return median(result.nsPerEvent);
      } finally {
        if (file !== undefined) rmSync(file, { force: true });
      }
    };
  }
  const failures = new Map();
  const medians = await interleave(rounds, variants, failures);
  if (failures.has('ours')) throw new Error(failures.get('ours'));
  const absences = [...failures].map(([name, message]) => `${name} (${message})`);
  const rows = Object.keys(peers).map((name) =>
    ratioRow({
      what: name,
      ours: medians.ours,
      peer: medians[name],
      peerName: name.split(',')[0],
      unit: 'ns',
    }),
  );
  return { rows, notes, absences };
}

/** A peer that has written nothing did not do the measured work. */
function requireContent(file) {
  if (!existsSync(file) || statSync(file).size === 0) throw new Error(`nothing was written to ${file}`);
}
