// The program in a worker with an empty environment; the main thread has loaded the tracer before.
import { Worker } from 'node:worker_threads';
import '@ringtail/tracer';

const { SETTING } = process.env;
const worker = new Worker(new URL('app.mjs', import.meta.url), { env: { SETTING } });
worker.on('exit', (code) => console.log(`worker ended with ${code}`));
