// Resident memory of a program with and without the tracer.
import { join } from 'node:path';
import { valueRow } from './lib/report.mjs';
import { DEFAULTS, runUntraced } from './lib/ringtail.mjs';
import { interleave } from './lib/statistics.mjs';

export const title = 'Memory of an application';

export async function run({ quick, ringtail, folder }) {
  const nodeOptions = ['--expose-gc'];
  const rss = async (program) => (await program).rssBytes;
  const medians = await interleave(quick ? 1 : 5, {
    bare: () => rss(runUntraced('memory.mjs', ['bare'], folder, nodeOptions)),
    loaded: () => rss(runUntraced('memory.mjs', ['emitting'], folder, nodeOptions)),
    traced: async () => {
      const use = () => ringtail.program('memory.mjs', ['emitting'], {}, nodeOptions);
      return rss((await ringtail.record({ output: join(folder, 'ours') }, use)).result);
    },
  });
  const row = (what, bytes) => ({
    ...valueRow({
      what,
      ours: `${mebibytes(bytes)} MiB, ${mebibytes(bytes - medians.bare)} more`,
      peer: `${mebibytes(medians.bare)} MiB (no tracer)`,
    }),
    ratio: bytes / medians.bare,
  });
  return {
    rows: [row('tracer loaded, no daemon', medians.loaded), row('traced, a million events', medians.traced)],
    notes: [
      `Resident set after a garbage collection. A ring of the default channel is ${(DEFAULTS.subBufBytes * DEFAULTS.subBufCount) / 2 ** 20} MiB of it, shared with the consumer.`,
    ],
  };
}

function mebibytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
