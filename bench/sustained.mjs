// Events a second that one thread records to disk with the default channel, and losses when nothing paces it.
import { join } from 'node:path';
import { valueRow } from './lib/report.mjs';
import { CLOCKS, DEFAULTS, requireComplete } from './lib/ringtail.mjs';

export const title = 'Sustained, one thread, to disk, default channel';
const BUDGET_PER_SECOND = 5_000_000;

export async function run({ quick, ringtail, lttng, folder, clockAddon }) {
  const pacedMs = quick ? 2000 : 20_000;
  const unpacedMs = quick ? 1000 : 5000;
  const ours = async (rate, ms, variant) => {
    const { clock, env } = CLOCKS[variant];
    const use = () => ringtail.tick(['paced', rate, ms], env);
    const recorded = await ringtail.record({ output: join(folder, 'ours'), clock }, use);
    requireComplete(recorded);
    return recorded;
  };
  const theirs = async (rate, ms) => {
    if (lttng.absent !== undefined) return 'C lttng-ust: ABSENT';
    const use = () => lttng.tick('paced', rate, ms);
    return `${describe(await lttng.record({ output: join(folder, 'theirs'), channel: [] }, use))} (C lttng-ust, its default channel)`;
  };
  const rows = [];
  for (const variant of clockAddon === null ? ['addon', 'none'] : ['none']) {
    const label = variant === 'addon' ? 'with the clock addon' : 'without the addon';
    const paced = await ours(BUDGET_PER_SECOND, pacedMs, variant);
    rows.push(
      valueRow({
        what: `paced ${pacedMs / 1000} s, ${label}`,
        ours: describe(paced),
        peer: variant === 'none' ? '–' : await theirs(BUDGET_PER_SECOND, pacedMs),
        budget: '≥ 5.00 M events/s, 0 discarded',
        // The last tenth of a millisecond may be cut off.
        within: paced.discarded === 0 && perSecond(paced) >= BUDGET_PER_SECOND * 0.999,
      }),
    );
    rows.push(
      valueRow({
        what: `unpaced ${unpacedMs / 1000} s, ${label}`,
        ours: describe(await ours('unpaced', unpacedMs, variant)),
      }),
    );
  }
  const { subBufBytes, subBufCount } = DEFAULTS;
  return {
    rows,
    notes: [
      'The same event as in the cost above. Paced: the events that are due are emitted every tenth of a millisecond.',
      `Our default channel is ${subBufCount} sub-buffers of ${subBufBytes / 1024} KiB a thread, theirs 4 of 512 KiB a processor; both discard when full.`,
    ],
  };
}

function perSecond({ result }) {
  return result.events / result.seconds;
}

function describe(recorded) {
  const { events } = recorded.result;
  const share = recorded.discarded === 0 ? '' : ` (${((100 * recorded.discarded) / events).toFixed(1)} %)`;
  return `${(perSecond(recorded) / 1e6).toFixed(2)} M events/s, ${recorded.discarded} discarded${share}`;
}
