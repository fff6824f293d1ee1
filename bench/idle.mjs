// CPU time of the daemons while no events are recorded.
import { join } from 'node:path';
import { sleep, startUntilStdinEnds } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { programPath } from './lib/ringtail.mjs';

export const title = 'Idle daemons';
const SETTLE_MS = 1500;

export async function run({ quick, ringtail, lttng, folder }) {
  const ms = quick ? 2000 : 10_000;
  const situations = [
    { what: 'one application, 1 ring', threads: 0, channels: 1 },
    { what: 'one application, 100 rings (10 threads, 10 channels)', threads: 10, channels: 10 },
  ];
  const rows = [];
  for (const { what, threads, channels } of situations) {
    const attributes = Array.from({ length: channels }, () => ({}));
    const { result: used } = await ringtail.record({ output: join(folder, 'ours'), channels: attributes }, async () => {
      const options = { env: ringtail.env };
      const program = await startUntilStdinEnds(
        process.execPath,
        [programPath('tick.mjs'), 'idle', String(threads)],
        options,
      );
      try {
        await sleep(SETTLE_MS);
        const before = ringtail.cpuTimesNs();
        await sleep(ms);
        const after = ringtail.cpuTimesNs();
        return { sessiond: after.sessiond - before.sessiond, consumerd: after.consumerd - before.consumerd };
      } finally {
        await program.end();
      }
    });
    const peer = threads === 0 ? await peerIdle(lttng, folder, ms) : '–';
    rows.push(
      valueRow({
        what,
        ours: `consumer ${percent(used.consumerd, ms)}, session daemon ${percent(used.sessiond, ms)}`,
        peer,
      }),
    );
  }
  return {
    rows,
    notes: [`CPU time of all threads of the daemon, user and system, over ${ms / 1000} s; 100 % is one processor.`],
  };
}

async function peerIdle(lttng, folder, ms) {
  if (lttng.absent !== undefined) return 'LTTng: ABSENT';
  const { result } = await lttng.record({ output: join(folder, 'theirs'), channel: [] }, async () => {
    const program = await startUntilStdinEnds(lttng.program, ['idle'], lttng.options);
    try {
      await sleep(SETTLE_MS);
      const before = lttng.consumerCpuTimeNs();
      await sleep(ms);
      return lttng.consumerCpuTimeNs() - before;
    } finally {
      await program.end();
    }
  });
  return `consumer ${percent(result, ms)} (LTTng)`;
}

function percent(ns, ms) {
  return `${((100 * ns) / (ms * 1e6)).toFixed(3)} %`;
}
