// Cost of one more trigger by their number, with an application connected, and the time for which that stops the
// application.
import { startUntilStdinEnds } from './lib/process.mjs';
import { ratioRow } from './lib/report.mjs';
import { programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Many triggers, with an application connected';

/** Number of triggers after the timed ones have been added. */
const SIZES = [100, 1000, 2000];
const TIMED = 100;
/** Triggers that are added and removed before, so that the daemon runs compiled code from the first timed one on. */
const WARM_UP = 500;
const BUDGET = 2;

const definition = (index) => ({
  name: null,
  condition: {
    kind: 'event-rule-matches',
    rule: { pattern: `bench:other_${index}`, filter: 'ms > 500 && name == "slow"' },
    captures: ['ms', '$ctx.vpid'],
  },
  actions: [{ kind: 'notify', ratePolicy: { every: 1 } }],
});

export async function run({ quick, ringtail }) {
  const rounds = quick ? 1 : 5;
  const sizes = quick ? SIZES.slice(0, 2) : SIZES;
  const samples = [];
  for (let round = 0; round < rounds; round++) samples.push(await measure(ringtail, sizes));
  const [smallest, ...others] = sizes;
  const rows = (what, ofSample, budget) =>
    others.map((size) =>
      ratioRow({
        what: `${what}, at ${size}`,
        ours: median(samples.map((sample) => ofSample(sample.get(size)))),
        peer: median(samples.map((sample) => ofSample(sample.get(smallest)))),
        peerName: `at ${smallest}`,
        unit: 'ms',
        digits: 2,
        budget,
      }),
    );
  return {
    rows: [
      ...rows('one more', ({ addedMs }) => addedMs, BUDGET),
      ...rows('longest stop of the application meanwhile', ({ stoppedMs }) => stoppedMs),
      ...rows('one less', ({ removedMs }) => removedMs, BUDGET),
    ],
    notes: [
      `${rounds} rounds, each with a new application that calls ten tracepoints in turn, which no trigger is about.`,
      `One more, one less: the median of ${TIMED} commands in a row, the last before this number of triggers or the first after it.`,
      `The stop is the longest round of the application while these ${TIMED} are added; on a busy machine the scheduler causes it.`,
    ],
  };
}

/** By size. */
async function measure(ringtail, sizes) {
  const program = await startUntilStdinEnds(process.execPath, [programPath('stalls.mjs')], { env: ringtail.env });
  try {
    return await ringtail.withClient(async (client) => {
      const names = [];
      const add = async (count) => {
        for (let i = 0; i < count; i++) names.push(await client.addTrigger(definition(names.length)));
      };
      const remove = async (count) => {
        for (let i = 0; i < count; i++) await client.removeTrigger(names.pop());
      };
      await add(WARM_UP);
      await remove(WARM_UP);
      const found = new Map();
      for (const size of sizes) {
        await add(size - names.length - TIMED);
        await program.ask();
        const addedMs = await medianMs(() => add(1));
        const { longest } = await program.ask();
        found.set(size, { addedMs, stoppedMs: longest });
      }
      for (const size of [...sizes].reverse()) {
        await remove(names.length - size);
        found.get(size).removedMs = await medianMs(() => remove(1));
      }
      await remove(names.length);
      return found;
    });
  } finally {
    await program.end();
  }
}

async function medianMs(command) {
  const ms = [];
  for (let i = 0; i < TIMED; i++) {
    const begin = performance.now();
    await command();
    ms.push(performance.now() - begin);
  }
  return median(ms);
}
