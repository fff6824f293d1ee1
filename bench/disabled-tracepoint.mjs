// Cost of a tracepoint, and of the begin of a span, that no session records, beside an empty function.
import { valueRow } from './lib/report.mjs';
import { runUntraced } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'Disabled tracepoint';
const BUDGET_NS = 1;

export async function run({ quick, ringtail, folder }) {
  const situations = {
    'no session daemon': () => runUntraced('disabled.mjs', [], folder),
    'registered with a session daemon': () => ringtail.program('disabled.mjs', []),
  };
  const rows = [];
  for (const [what, program] of Object.entries(situations)) {
    const results = { empty: [], disabled: [], span: [] };
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const [name, times] of Object.entries(await program())) results[name].push(median(times));
    }
    const empty = median(results.empty);
    for (const [name, suffix] of [
      ['disabled', ''],
      ['span', ', begin of a span'],
    ]) {
      const ns = median(results[name]);
      const more = ns - empty;
      rows.push(
        valueRow({
          what: what + suffix,
          ours: `${ns.toFixed(2)} ns, ${more.toFixed(2)} ns more`,
          peer: `${empty.toFixed(2)} ns (an empty call)`,
          budget: `≤ ${BUDGET_NS} ns more`,
          within: more <= BUDGET_NS,
        }),
      );
    }
  }
  return {
    rows,
    notes: ['All loops have the same arguments and take turns in one process. V8 inlines the callees.'],
  };
}
