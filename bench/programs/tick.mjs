// Our counterpart of ../peers/lttng-ust/tick.c: the same loops around a tracepoint with an int32 and a string.
//
//   tick.mjs cost constant|varying EVENTS LOOPS [PID]   with the process PID stopped meanwhile
//   tick.mjs paced EVENTS_PER_SECOND|unpaced MILLISECONDS
//   tick.mjs idle THREADS          one event in each of THREADS worker threads (0: in the main thread), then nothing
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { i32, provider, str } from '@ringtail/tracer';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const tick = provider('bench').tracepoint('tick', [
  ['id', i32],
  ['customer', str],
]);

function emitConstant(events) {
  for (let i = 0; i < events; i++) tick(i, 'customer-1000000');
}

function emitVarying(events) {
  for (let i = 0; i < events; i++) tick(i, STRINGS[i & 63]);
}

function emitFrom(first, end) {
  for (let i = first; i < end; i++) tick(i, STRINGS[i & 63]);
}

/**
 * Emits the events that are due every tenth of a millisecond, like the C program; unpaced, a thousand events at a time.
 */
function emitPaced(eventsPerSecond, durationMs) {
  const begin = process.hrtime.bigint();
  const elapsedNs = () => Number(process.hrtime.bigint() - begin);
  let emitted = 0;
  for (let elapsed = 0; elapsed < durationMs * 1e6; elapsed = elapsedNs()) {
    const due =
      eventsPerSecond === undefined
        ? emitted + 1000
        : Math.floor((Math.floor(elapsed / 100_000) * eventsPerSecond) / 10_000);
    emitFrom(emitted, due);
    emitted = due;
  }
  return { events: emitted, seconds: elapsedNs() / 1e9 };
}

async function idle(threads) {
  if (threads === 0) emitConstant(1);
  const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  printJson({ events: Math.max(threads, 1) });
  process.stdin.resume();
  process.stdin.once('end', () => process.exit());
}

if (!isMainThread) {
  emitConstant(1);
  parentPort.on('message', () => {});
  parentPort.postMessage('ready');
} else {
  const [mode, first, second, third, fourth] = process.argv.slice(2);
  if (mode === 'cost') {
    const emit = first === 'varying' ? emitVarying : emitConstant;
    printJson(timeLoops(emit, Number(second), Number(third), fourth && Number(fourth)));
  } else if (mode === 'paced') {
    printJson(emitPaced(first === 'unpaced' ? undefined : Number(first), Number(second)));
  } else {
    await idle(Number(first));
  }
}
