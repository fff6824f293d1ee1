// Four threads emit numbered events of eight kinds in bursts, and never return to their event loops:
// node driven.mjs EVENTS_A_BURST MILLISECONDS_BETWEEN
// Ends when standard input does.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { provider, u8, u32 } from '@ringtail/tracer';

const THREADS = 4;
const KINDS = 8;

const driven = provider('driven');
const kinds = Array.from({ length: KINDS }, (_, kind) =>
  driven.tracepoint(`k${kind}`, [
    ['thread', u8],
    ['n', u32],
  ]),
);

if (isMainThread) {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const [burst, pauseMs] = process.argv.slice(2).map(Number);
  const workers = Array.from(
    { length: THREADS },
    (_, thread) => new Worker(new URL(import.meta.url), { workerData: { thread, burst, pauseMs, stop } }),
  );
  process.stdin.resume().once('end', () => {
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
  });
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  console.log('ready');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
} else {
  const { thread, burst, pauseMs, stop } = workerData;
  parentPort.postMessage('ready');
  let n = 0;
  while (Atomics.load(stop, 0) === 0) {
    for (let i = 0; i < burst; i++, n++) kinds[n % KINDS](thread, n);
    Atomics.wait(stop, 0, 0, pauseMs);
  }
}
