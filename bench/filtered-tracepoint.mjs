// Cost of an enabled tracepoint whose rule has a filter, beside C lttng-ust with the same filter.
import { join } from 'node:path';
import { ratioRow } from './lib/report.mjs';
import { interleave, median } from './lib/statistics.mjs';

export const title = 'Tracepoint with a filter: int32 and 16 characters';

/** The false filters are true for one event in a loop, which shows that they were evaluated. */
const FILTERS = {
  'false, of an integer': 'id == 0',
  'false, of an integer, a bit and a text': 'id & 0x40000000 || customer == "nobody" || id == 0',
  'false, of a text of equal length': 'customer == "customer-none-00" || id == 0',
  'true, of an integer': 'id >= 0',
  'no filter': undefined,
};
const SUB_BUF_MIB = 1;
const SUB_BUF_COUNT = 4;

export async function run({ quick, ringtail, lttng, memoryFolder }) {
  const events = quick ? 1_000_000 : 5_000_000;
  const loops = 5;
  const rounds = quick ? 1 : 5;
  const rows = [];
  for (const [what, filter] of Object.entries(FILTERS)) {
    // In overwrite mode without a reader: only the tracer's cost is measured.
    const ours = () => {
      const channels = [{ mode: 'overwrite', subBufBytes: SUB_BUF_MIB * 1024 * 1024, subBufCount: SUB_BUF_COUNT }];
      const use = () => ringtail.tick(['cost', 'varying', events, loops, ringtail.consumerPid]);
      return costOf(ringtail.record({ output: join(memoryFolder, 'ours'), channels, filter }, use));
    };
    const theirs = () => {
      const channel = ['--overwrite', `--subbuf-size=${SUB_BUF_MIB}M`, `--num-subbuf=${SUB_BUF_COUNT}`];
      const use = () => lttng.tick('cost', 'varying', events, loops);
      return costOf(lttng.record({ output: join(memoryFolder, 'theirs'), channel, snapshot: true, filter }, use));
    };
    const medians = await interleave(rounds, { ...(lttng.absent === undefined && { theirs }), ours });
    rows.push(ratioRow({ what, ours: medians.ours, peer: medians.theirs, peerName: 'C lttng-ust', unit: 'ns' }));
  }
  return {
    rows,
    notes: [
      `${rounds} rounds of ${loops} loops of ${events} events with varying strings, the median. Nothing reads the rings meanwhile.`,
      ...Object.entries(FILTERS).flatMap(([what, filter]) => (filter === undefined ? [] : [`${what}: \`${filter}\``])),
    ],
  };
}

async function costOf(recording) {
  return median((await recording).result.nsPerEvent);
}
