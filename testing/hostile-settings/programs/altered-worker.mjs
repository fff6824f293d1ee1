import { setTimeout } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';
import { ALTERATIONS } from './alterations.mjs';
import run from './run.cjs';

const { alteration, subject, setting } = workerData;
const { alter, isBefore } = ALTERATIONS[alteration];
if (isBefore) alter(subject);
const tracer = await import('@ringtail/tracer');
if (!isBefore) {
  run(tracer, `${setting} (not yet)`);
  alter(subject);
}
const said = run(tracer, setting);
setTimeout(() => parentPort.postMessage(said), 5);
