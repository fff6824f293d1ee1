// Cost of a tracepoint, and of the begin of a span, that no session records, beside an empty function.
import { valueRow } from './lib/report.mjs';
import { runUntraced } from './lib/ringtail.mjs';
import { interleave, median } from './lib/statistics.mjs';

export const title = 'Disabled tracepoint';
const BUDGET_NS = 1;

export async function run({ quick, ringtail, folder }) {
  const situations = {
    'no session daemon': (kind) => runUntraced('disabled.mjs', [kind], folder),
    'registered with a session daemon': (kind) => ringtail.program('disabled.mjs', [kind]),
  };
  const rows = [];
  for (const [what, program] of Object.entries(situations)) {
    for (const [kind, suffix] of [
      ['tracepoint', ''],
      ['span', ', begin of a span'],
    ]) {
      const empty = [];
      const { disabled } = await interleave(quick ? 1 : 3, {
        disabled: async () => {
          const result = await program(kind);
          empty.push(median(result.empty));
          return median(result.disabled);
        },
      });
      const more = disabled - median(empty);
      rows.push(
        valueRow({
          what: what + suffix,
          ours: `${disabled.toFixed(2)} ns, ${more.toFixed(2)} ns more`,
          peer: `${median(empty).toFixed(2)} ns (an empty call)`,
          budget: `≤ ${BUDGET_NS} ns more`,
          within: more <= BUDGET_NS,
        }),
      );
    }
  }
  return {
    rows,
    notes: ['Both loops of a row have the same arguments and take turns in one process. V8 inlines both callees.'],
  };
}
