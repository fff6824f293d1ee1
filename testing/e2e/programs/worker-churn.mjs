// Starts workers one after the other, each ended in the middle of its work, and prints how many rings stay mapped.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { provider, u32 } from '@ringtail/tracer';

const event = provider('churn').tracepoint('event', { index: u32 });

if (isMainThread) {
  const count = Number(process.argv[2]);
  for (let i = 0; i < count; i++) {
    const worker = new Worker(new URL(import.meta.url));
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
  console.log(readFileSync('/proc/self/maps', 'latin1').split('memfd:ringtail-ring').length - 1);
} else {
  event(1);
  parentPort.on('message', () => {});
  parentPort.postMessage('recorded');
}
