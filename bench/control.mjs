// Delay between the answer to enable-event and the first recorded event of a busy program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openTraces, visitEvents } from '@ringtail/reader';
import { sleep } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { programPath } from './lib/ringtail.mjs';
import { median } from './lib/statistics.mjs';

export const title = 'From enable-event to the first event, in a program that never returns to its event loop';
const BUDGET_MS = 5;
const EVENTS = 100;
/** Long enough for a busy machine to schedule the program once. */
const PAUSE_MS = 100;

export async function run({ quick, ringtail, folder }) {
  const count = quick ? 20 : EVENTS;
  const output = join(folder, 'latency');
  const returned = [];
  const firstNs = await ringtail.session({ output }, async (client, session) => {
    await client.enableEvent(session, { pattern: 'latency:none' });
    await client.startSession(session);
    const program = spawn(process.execPath, [programPath('latency.mjs')], {
      env: ringtail.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(program.stdout, 'data');
      for (let i = 0; i < count; i++) {
        await client.enableEvent(session, { pattern: `latency:e${i}` });
        returned.push(Number(process.hrtime.bigint()));
        await sleep(PAUSE_MS);
        await client.disableEvent(session, `latency:e${i}`);
      }
    } finally {
      program.kill('SIGKILL');
      await once(program, 'close');
    }
    await client.stopSession(session);
    return firstTimes(output);
  });
  const delaysMs = returned.map((ns, i) => {
    const first = firstNs.get(`latency:e${i}`);
    if (first === undefined) throw new Error(`latency:e${i} was never recorded`);
    return (first - ns) / 1e6;
  });
  const middle = median(delaysMs);
  return {
    rows: [
      valueRow({
        what: `median of ${count}`,
        ours: `${middle.toFixed(2)} ms (longest ${Math.max(...delaysMs).toFixed(2)} ms)`,
        budget: `< ${BUDGET_MS} ms`,
        within: middle < BUDGET_MS,
      }),
    ],
    notes: [
      'From the arrival of the answer (in another process) to the time stamp of the first event; negative where the event was first.',
    ],
  };
}

/** When each event was first recorded, nanoseconds of CLOCK_MONOTONIC. */
function firstTimes(output) {
  const reader = openTraces([output]);
  const [clock] = reader.traces[0].class.clockClasses;
  const first = new Map();
  visitEvents(reader, {
    '*': {
      fields: [],
      handle(event) {
        if (first.has(event.name)) return;
        const seconds = event.seconds - Number(clock.offsetSeconds);
        first.set(event.name, seconds * 1e9 + event.nanoseconds - Number(clock.offsetCycles));
      },
    },
  });
  return first;
}
