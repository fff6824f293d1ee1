// Emits events for triggers at full speed, and ends with as many unreported ones as possible: node floods.mjs HOW
// EVENTS
//
//   exit | naturally | throw          how it ends
//   worker-ends | worker-is-ended     so does a worker thread; then the program
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { provider, u32 } from '@ringtail/tracer';

const [how, events] = isMainThread ? process.argv.slice(2) : workerData;
const one = provider('flood').tracepoint('one', [['n', u32]]);

function flood() {
  for (let n = 0; n < Number(events); n++) one(n);
}

if (!isMainThread) {
  flood();
  if (how === 'worker-ends') process.exit();
  parentPort.postMessage('done');
  // The end of this thread's turn never comes.
  for (;;);
} else if (how.startsWith('worker')) {
  const worker = new Worker(new URL(import.meta.url), { workerData: [how, events] });
  if (how === 'worker-is-ended') worker.once('message', () => worker.terminate());
  worker.once('exit', () => process.exit());
} else {
  flood();
  if (how === 'exit') process.exit();
  if (how === 'throw') throw new Error('on purpose');
}
