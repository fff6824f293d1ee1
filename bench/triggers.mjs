// Cost of a tracepoint that no session records while there are triggers: on other events, and on it with a filter that
// is false.
import { ratioRow } from './lib/report.mjs';
import { interleave, median } from './lib/statistics.mjs';

export const title = 'Tracepoint with triggers';

const others = (count) => Array.from({ length: count }, (_, i) => ({ pattern: `bench:other_${i}` }));
const SITUATIONS = {
  'no trigger': [],
  '1 trigger on another event': others(1),
  '10 triggers on other events': others(10),
  '1000 triggers on other events': others(1000),
  'a trigger on it, filter false': [{ pattern: 'bench:disabled', filter: 'id < 0' }],
};
const REFERENCE = 'no trigger';
const BUDGET = 1.1;

export async function run({ quick, ringtail }) {
  const rounds = quick ? 1 : 5;
  const nanoseconds = (rules) => () =>
    ringtail.withTriggers(rules, async () => median((await ringtail.program('disabled.mjs', [])).disabled));
  const variants = Object.entries(SITUATIONS).map(([what, rules]) => [what, nanoseconds(rules)]);
  const medians = await interleave(rounds, Object.fromEntries(variants));
  return {
    rows: Object.entries(SITUATIONS).map(([what, rules]) =>
      ratioRow({
        what,
        ours: medians[what],
        peer: medians[REFERENCE],
        peerName: 'disabled',
        unit: 'ns',
        digits: 2,
        // A filter has to be evaluated; an event that no rule matches costs the same as a disabled one.
        ...(!rules.some(({ filter }) => filter !== undefined) && { budget: BUDGET }),
      }),
    ),
    notes: [
      `${rounds} rounds; in each a new process for every row, its median of 7 loops of 20 million calls with an int32 and 16 characters.`,
      'The filter is `id < 0`; the action of all is `notify`.',
    ],
  };
}
