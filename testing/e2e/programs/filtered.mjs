// Emits COUNT events for filters to choose from, or events for ever: node filtered.mjs COUNT|forever [wait]
// With "wait", all events but the first follow input on standard input.
import { readSync } from 'node:fs';
import { filterOnly, i32, provider, seq, str, struct, u64 } from '@ringtail/tracer';

const sized = provider('e2e').tracepoint('sized', [
  ['index', i32],
  ['big', u64],
  ['name', str],
  ['items', seq(i32)],
  ['place', struct({ x: i32 })],
  ['secret', filterOnly(i32)],
]);

const count = process.argv[2] === 'forever' ? Number.POSITIVE_INFINITY : Number(process.argv[2]);
let emitted = 0;
for (; emitted < count; emitted++) {
  const index = emitted % 1000;
  if (emitted === 1) {
    console.log('emitting');
    if (process.argv[3] === 'wait') readSync(0, Buffer.alloc(1));
  }
  sized(index, 2n ** 63n + BigInt(index), `name-${index}`, [index, -index], { x: index * 2 }, index % 7);
}
console.log(JSON.stringify({ emitted }));
