// Starts COUNT worker threads at once and ends as soon as all run: node workers.mjs COUNT
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

if (isMainThread) {
  const workers = Array.from({ length: Number(process.argv[2]) }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  process.exit(0);
} else {
  parentPort.postMessage('runs');
  parentPort.on('message', () => {});
}
