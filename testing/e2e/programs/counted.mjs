/** Emits the number of events on each line of its standard input, and prints the total. */
import { createInterface } from 'node:readline';
import { provider, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', [['index', u32]]);
let emitted = 0;
for await (const line of createInterface({ input: process.stdin })) {
  for (let left = Number(line); left > 0; left--) step(emitted++);
  console.log(`emitted ${emitted}`);
}
