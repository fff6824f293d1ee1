// Starts COUNT workers, WIDTH at a time, and ends each in the middle of its work. Prints the numbers of mapped rings,
// open perf counters and open control files: node worker-churn.mjs COUNT [WIDTH]
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { provider, u32 } from '@ringtail/tracer';

const event = provider('churn').tracepoint('event', [['index', u32]]);

if (isMainThread) {
  const [count, width = 1] = process.argv.slice(2).map(Number);
  let started = 0;
  const churn = async () => {
    while (started++ < count) {
      const worker = new Worker(new URL(import.meta.url));
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: width }, churn));
  const rings = readFileSync('/proc/self/maps', 'latin1').split('memfd:ringtail-ring').length - 1;
  const open = readdirSync('/proc/self/fd').map(targetOf);
  const countOf = (what) => open.filter((target) => target.includes(what)).length;
  console.log(`${rings} ${countOf('perf_event')} ${countOf('ringtail-control')}`);
} else {
  event(1);
  parentPort.on('message', () => {});
  parentPort.postMessage('recorded');
}

function targetOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
