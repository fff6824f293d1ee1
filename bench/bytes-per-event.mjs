// Size of the data stream files for the same events.
import { join } from 'node:path';
import { ratioRow } from './lib/report.mjs';
import { requireComplete } from './lib/ringtail.mjs';

export const title = 'Bytes an event';

export async function run({ quick, ringtail, lttng, folder }) {
  const pace = [1_000_000, quick ? 300 : 2000];
  const ours = await ringtail.record({ output: join(folder, 'ours') }, () => ringtail.tick(['paced', ...pace]));
  requireComplete(ours);
  const theirs =
    lttng.absent === undefined
      ? await lttng.record(
          { output: join(folder, 'theirs'), channel: ['--discard', '--subbuf-size=1M', '--num-subbuf=4'] },
          () => lttng.tick('paced', ...pace),
        )
      : undefined;
  const perEvent = (recorded) => recorded && recorded.bytes / (recorded.result.events - recorded.discarded);
  return {
    rows: [
      ratioRow({
        what: 'int32 and 16 characters',
        ours: perEvent(ours),
        peer: perEvent(theirs),
        peerName: 'LTTng-UST',
        unit: 'bytes',
        budget: 1,
        digits: 3,
      }),
    ],
    notes: [
      'Data stream files without metadata and index, packet headers and padding included; 1 M events/s, 4 sub-buffers of 1 MiB.',
      `Events in the trace: ours ${ours.result.events - ours.discarded}${theirs ? `, theirs ${theirs.result.events - theirs.discarded}` : ''}.`,
    ],
  };
}
