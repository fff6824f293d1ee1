// What an enabled tracepoint with an int32 and a string of 16 characters costs, beside C lttng-ust with the same payload.
import { join } from 'node:path';
import { failedRow, ratioRow } from './lib/report.mjs';
import { CLOCKS } from './lib/ringtail.mjs';
import { interleave, median } from './lib/statistics.mjs';

export const title = 'Enabled tracepoint: int32 and 16 characters';

const VARIANTS = {
  addon: { label: 'with the clock addon', budget: 0.6 },
  tsc: { label: 'with the clock addon, --clock=tsc', budget: 0.35 },
  none: { label: 'without the addon', budget: 1.1 },
};

export async function run({ quick, ringtail, lttng, memoryFolder, clockAddon }) {
  const events = quick ? 1_000_000 : 2_000_000;
  const loops = 5;
  const rounds = quick ? 1 : 5;
  // Overwriting, so that every event is written, however far behind the consumer is; to memory, so that no disk is measured.
  const ours = (variant, strings) => async () => {
    const { clock, env } = CLOCKS[variant];
    const output = join(memoryFolder, 'ours');
    const use = () => ringtail.tick(['cost', strings, events, loops], env);
    return median((await ringtail.record({ output, clock, channels: [{ mode: 'overwrite' }] }, use)).result.nsPerEvent);
  };
  const theirs = (strings) => async () => {
    const channel = ['--overwrite', '--subbuf-size=1M', '--num-subbuf=4'];
    const use = () => lttng.tick('cost', strings, events, loops);
    return median((await lttng.record({ output: join(memoryFolder, 'theirs'), channel }, use)).result.nsPerEvent);
  };
  const names = Object.keys(VARIANTS).filter((name) => name === 'none' || clockAddon === null);
  const rows = [];
  const problems = new Set();
  for (const strings of ['constant', 'varying']) {
    const failures = new Map();
    const variants = {
      ...(lttng.absent === undefined && { theirs: theirs(strings) }),
      ...Object.fromEntries(names.map((name) => [name, ours(name, strings)])),
    };
    const medians = await interleave(rounds, variants, failures);
    if (failures.has('theirs')) throw new Error(failures.get('theirs'));
    for (const name of names) {
      const { label, budget } = VARIANTS[name];
      if (failures.has(name)) {
        problems.add(`${label} FAILED: ${failures.get(name)}`);
        rows.push(failedRow(`${label}, ${strings} strings`, budget));
        continue;
      }
      rows.push(
        ratioRow({
          what: `${label}, ${strings} strings`,
          ours: medians[name],
          peer: medians.theirs,
          peerName: 'C lttng-ust',
          unit: 'ns',
          budget,
        }),
      );
    }
  }
  return {
    rows,
    notes: [
      `Both record into 4 sub-buffers of 1 MiB in overwrite mode while their consumer daemons write to tmpfs; ${rounds} rounds of ${loops} loops of ${events} events.`,
      'LTTng has such a ring for each processor, Ringtail for each thread; both programs have one thread.',
      '“Varying” takes one of 64 strings in turn.',
      ...problems,
      ...(clockAddon === null ? [] : [`THE CLOCK ADDON IS ABSENT (${clockAddon}): its rows are left out.`]),
    ],
  };
}
