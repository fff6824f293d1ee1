// Emits numbered events for ever; after each tracepoint has returned, its number goes to standard output.
// Bursts differ in length, so that kills meet packets of all sizes: node acknowledge.mjs [PROVIDER [in-turns]]
// With in-turns it returns to its event loop after each burst; only such a program can register again.
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { provider, str, u32 } from '@ringtail/tracer';

const [name = 'e2e', manner] = process.argv.slice(2);
const step = provider(name).tracepoint('step', [
  ['index', u32],
  ['padding', str],
]);
const word = Buffer.alloc(4);
for (let index = 0; ; index++) {
  // Never empty: babeltrace2 2.0.4 shows the text of an earlier event in place of an empty string.
  step(index, 'x'.repeat(1 + (index % 61)));
  word.writeUInt32LE(index);
  let written = 0;
  while (written < 4) written += writeSync(1, word, written);
  if (manner === 'in-turns' && index % 61 === 60) await pause(1);
}
