// The main thread and COUNT worker threads emit EVENTS events each: node threads.mjs COUNT EVENTS
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { provider, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', [
  ['thread', u32],
  ['index', u32],
]);
const [workers, events] = process.argv.slice(2).map(Number);

if (isMainThread) {
  for (let thread = 1; thread <= workers; thread++)
    new Worker(new URL(import.meta.url), { workerData: thread, argv: process.argv.slice(2) });
}
for (let index = 0; index < events; index++) step(isMainThread ? 0 : workerData, index);
