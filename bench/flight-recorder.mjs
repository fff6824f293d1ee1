// Cost of a flight recorder that is left on, and duration of a snapshot.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ratioRow, valueRow } from './lib/report.mjs';
import { DEFAULTS } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';
import { streamFileBytes } from './lib/trace-files.mjs';

export const title = 'Flight recorder';
const MIB = 1024 * 1024;
const SNAPSHOT_BYTES = 64 * MIB;
const BUDGET_MS = 1000;

export async function run({ quick, ringtail, folder }) {
  const events = quick ? 2_000_000 : 20_000_000;
  const rounds = quick ? 2 : 5;
  const loops = ['cost', 'varying', events, 1];
  const recording = [];
  const recorder = [];
  let written = 0;
  for (let round = 0; round < rounds; round++) {
    const recorded = await ringtail.record({ output: join(folder, 'ours') }, () => measure(ringtail, loops));
    recording.push(recorded.result);
    const output = join(folder, 'recorder');
    const kept = await ringtail.session({ output, snapshot: true }, async (client, session) => {
      await client.enableEvent(session, { pattern: 'bench:*' });
      await client.startSession(session);
      const before = writtenBytes(ringtail.consumerPid);
      const result = await measure(ringtail, loops);
      written += writtenBytes(ringtail.consumerPid) - before;
      if (existsSync(output) && readdirSync(output, { recursive: true }).length > 0)
        throw new Error('something was written');
      return result;
    });
    recorder.push(kept);
  }
  const of = (results, name) => median(results.map((result) => result[name]));
  const rows = [
    ratioRow({
      what: 'an event, unpaced, in the program',
      ours: of(recorder, 'nsPerEvent'),
      peer: of(recording, 'nsPerEvent'),
      peerName: 'recording to disk',
      unit: 'ns',
    }),
    ratioRow({
      what: 'the same, CPU time of program and daemons together',
      ours: of(recorder, 'cpuNsPerEvent'),
      peer: of(recording, 'cpuNsPerEvent'),
      peerName: 'recording to disk',
      unit: 'ns',
      budget: 1,
    }),
    valueRow({ what: 'written to disk meanwhile', ours: `${written} bytes`, budget: '0 bytes', within: written === 0 }),
    await snapshotRow(ringtail, folder, rounds),
  ];
  return {
    rows,
    notes: [`Medians of ${rounds} rounds. The floor of a snapshot is one write of as many bytes by Node.js.`],
  };
}

/** Runs the loops once and measures their cost. */
async function measure(ringtail, loops) {
  const before = ringtail.cpuTimesNs();
  const result = await ringtail.tick(loops);
  const after = ringtail.cpuTimesNs();
  const daemons = after.sessiond - before.sessiond + after.consumerd - before.consumerd;
  const [nsPerEvent] = result.nsPerEvent;
  return { events: result.events, nsPerEvent, cpuNsPerEvent: nsPerEvent + daemons / result.events };
}

async function snapshotRow(ringtail, folder, rounds) {
  const channel = { ...DEFAULTS, mode: 'overwrite', subBufCount: SNAPSHOT_BYTES / DEFAULTS.subBufBytes };
  const output = join(folder, 'snapshots');
  const times = [];
  let bytes = 0;
  await ringtail.session({ output, snapshot: true }, async (client, session) => {
    await client.enableChannel(session, channel);
    await client.enableEvent(session, { pattern: 'bench:*' }, channel.name);
    await client.startSession(session);
    // The ring of an ended program is kept.
    await ringtail.tick(['cost', 'varying', 4_000_000, 1]);
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now();
      const { path } = await client.recordSnapshot(session);
      times.push(performance.now() - begin);
      bytes = streamFileBytes(path);
      rmSync(path, { recursive: true });
    }
  });
  const ours = median(times);
  const floor = median(Array.from({ length: rounds }, () => timeOfWriting(join(folder, 'floor'), bytes)));
  return {
    ...ratioRow({
      what: `snapshot of ${(bytes / MIB).toFixed(0)} MiB`,
      ours,
      peer: floor,
      peerName: 'one write',
      unit: 'ms',
    }),
    budget: `< ${BUDGET_MS} ms`,
    within: ours < BUDGET_MS,
  };
}

function timeOfWriting(path, bytes) {
  const content = Buffer.alloc(bytes, 1);
  const begin = performance.now();
  writeFileSync(path, content);
  const ms = performance.now() - begin;
  rmSync(path);
  return ms;
}

/** Bytes that a process has written to storage. */
function writtenBytes(pid) {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))[1]);
}
