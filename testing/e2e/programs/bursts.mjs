// Emits the number of numbered events on each line of standard input, and reports when it is done. `busy` on a line
// begins a loop that never returns to the event loop, with occasional events.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { provider, u32 } from '@ringtail/tracer';

const burst = provider('e2e').tracepoint('burst', [['index', u32]]);
const pause = new Int32Array(new SharedArrayBuffer(4));
let index = 0;
for await (const line of createInterface({ input: process.stdin })) {
  for (let left = Number(line); left > 0; left--) burst(index++);
  writeSync(1, `did ${line}\n`);
  while (line === 'busy') {
    Atomics.wait(pause, 0, 0, 10);
    burst(index++);
  }
}
