// Emits numbered events for ever; after each tracepoint has returned, its number goes to standard output.
// Bursts differ in length, so that kills meet packets of all sizes: node acknowledge.mjs
import { writeSync } from 'node:fs';
import { provider, str, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', { index: u32, padding: str });
const word = Buffer.alloc(4);
for (let index = 0; ; index++) {
  // Never empty: babeltrace2 2.0.4 shows the text of an earlier event in place of an empty string.
  step(index, 'x'.repeat(1 + (index % 61)));
  word.writeUInt32LE(index);
  let written = 0;
  while (written < 4) written += writeSync(1, word, written);
}
