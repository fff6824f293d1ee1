// Many kinds of events: node many-events.mjs KINDS EVENTS
//
// For each line on standard input it emits that number of numbered events of each kind, and prints `emitted`.
import { createInterface } from 'node:readline';
import { provider, u32 } from '@ringtail/tracer';

const [kinds, events] = process.argv.slice(2).map(Number);
const many = provider('many');
const tracepoints = Array.from({ length: kinds }, (_, kind) => many.tracepoint(`e${kind}`, [['n', u32]]));
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  for (const tracepoint of tracepoints) for (let n = 0; n < events; n++) tracepoint(n);
  console.log('emitted');
}
