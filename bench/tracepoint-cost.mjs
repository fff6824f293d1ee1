// Cost of an enabled tracepoint with an int32 and a string of 16 characters, beside C lttng-ust with the same payload.
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
const SUB_BUF_MIB = 1;
const SUB_BUF_COUNT = 4;

/** A flight recorder has no reader until a snapshot is recorded; a recording has one that works beside the program. */
const MODES = {
  'flight recorder': { snapshot: true },
  'recorded meanwhile': { snapshot: false },
};

export async function run({ quick, ringtail, lttng, memoryFolder, clockAddon }) {
  const events = quick ? 1_000_000 : 2_000_000;
  const loops = 5;
  const rounds = quick ? 1 : 5;
  // In overwrite mode, so that every event is written however slow the reader is; to memory, so that no disk is
  // measured.
  const ours = (variant, strings, { snapshot }) => {
    const { clock, env } = CLOCKS[variant];
    const channels = [{ mode: 'overwrite', subBufBytes: SUB_BUF_MIB * 1024 * 1024, subBufCount: SUB_BUF_COUNT }];
    const stopped = snapshot ? [ringtail.consumerPid] : [];
    const use = () => ringtail.tick(['cost', strings, events, loops, ...stopped], env);
    return costOf(ringtail.record({ output: join(memoryFolder, 'ours'), clock, channels }, use));
  };
  const theirs = (strings, { snapshot }) => {
    const channel = ['--overwrite', `--subbuf-size=${SUB_BUF_MIB}M`, `--num-subbuf=${SUB_BUF_COUNT}`];
    const use = () => lttng.tick('cost', strings, events, loops);
    return costOf(lttng.record({ output: join(memoryFolder, 'theirs'), channel, snapshot }, use));
  };
  const names = Object.keys(VARIANTS).filter((name) => name === 'none' || clockAddon === null);
  const rows = [];
  const problems = new Set();
  for (const [mode, how] of Object.entries(MODES)) {
    for (const strings of ['constant', 'varying']) {
      const failures = new Map();
      const variants = {
        ...(lttng.absent === undefined && { theirs: () => theirs(strings, how) }),
        ...Object.fromEntries(names.map((name) => [name, () => ours(name, strings, how)])),
      };
      const medians = await interleave(rounds, variants, failures);
      if (failures.has('theirs')) throw new Error(failures.get('theirs'));
      for (const name of names) {
        const { label, budget } = VARIANTS[name];
        const what = `${mode}, ${strings} strings, ${label}`;
        if (failures.has(name)) {
          problems.add(`${label} FAILED: ${failures.get(name)}`);
          rows.push(failedRow(what, budget));
          continue;
        }
        rows.push(
          ratioRow({ what, ours: medians[name], peer: medians.theirs, peerName: 'C lttng-ust', unit: 'ns', budget }),
        );
      }
    }
  }
  return {
    rows,
    notes: [
      `${SUB_BUF_COUNT} sub-buffers of ${SUB_BUF_MIB} MiB in overwrite mode on both sides; ${rounds} rounds of ${loops} loops of ${events} events, the median.`,
      'Flight recorder: nothing reads the rings (LTTng: a snapshot session; Ringtail: its consumer daemon is stopped during the loops).',
      'Recorded meanwhile: the consumer daemons write to tmpfs at the same time, on the machine’s other logical processor.',
      'LTTng has such a ring for each processor, Ringtail for each thread; both programs have one thread.',
      '“Varying” takes one of 64 strings in turn.',
      ...problems,
      ...(clockAddon === null ? [] : [`THE CLOCK ADDON IS ABSENT (${clockAddon}): its rows are left out.`]),
    ],
  };
}

async function costOf(recording) {
  return median((await recording).result.nsPerEvent);
}
