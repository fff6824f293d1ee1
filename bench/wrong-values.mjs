// Cost of the check whether a value fits its field, beside the same encoder without checks.
import { valueRow } from './lib/report.mjs';
import { runUntraced } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Check of a value, a field';
const BUDGET_NS = 1;

export async function run({ quick, folder }) {
  const results = new Map();
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const [name, { checked, unchecked }] of Object.entries(await runUntraced('wrong-values.mjs', [], folder))) {
      const known = results.get(name) ?? { checked: [], unchecked: [] };
      results.set(name, known);
      known.checked.push(median(checked));
      known.unchecked.push(median(unchecked));
    }
  }
  const rows = [...results].map(([what, times]) => {
    const [checked, unchecked] = [median(times.checked), median(times.unchecked)];
    const more = checked - unchecked;
    return valueRow({
      what,
      ours: `${checked.toFixed(2)} ns, ${more.toFixed(2)} ns more`,
      peer: `${unchecked.toFixed(2)} ns (without the check)`,
      budget: `≤ ${BUDGET_NS} ns more`,
      within: more <= BUDGET_NS,
    });
  });
  return {
    rows,
    notes: [
      'CPU time of a field, in encoders of events with 8 fields of the type whose values fit. Both take turns in one process.',
      'Wrong values are counted by tracepoint and field. A value that fits costs the check alone.',
    ],
  };
}
