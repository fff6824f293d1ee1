// Carries out each line of standard input, until it ends: node stalling.mjs
//
//   spin FILE    does not return to its event loop until FILE exists; the worker goes on
//   emit COUNT   this number of events at once
//   throw TEXT   an uncaught exception
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { provider, u32 } from '@ringtail/tracer';

const tick = provider('stalling').tracepoint('tick', [['n', u32]]);

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve));
  worker.unref();
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, argument] = line.split(' ');
    if (command === 'spin') while (!existsSync(argument));
    if (command === 'emit') for (let n = 0; n < Number(argument); n++) tick(n);
    if (command === 'throw') throw new Error(argument);
    console.log(`did ${line}`);
  });
  console.log('ready');
} else {
  setInterval(() => {}, 1000);
  parentPort.postMessage('ready');
}
