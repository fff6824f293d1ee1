import { setTimeout } from 'node:timers';
import * as tracer from '@ringtail/tracer';
import run from './run.cjs';

console.log(run(tracer, process.env.SETTING));
setTimeout(() => {
  process.exitCode = 7;
}, 20);
