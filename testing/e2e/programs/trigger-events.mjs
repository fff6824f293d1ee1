// Emits events for triggers: node trigger-events.mjs spin FILE | flood EVENTS [TEXT_LENGTH] | count EVENTS
//
//   spin   one event, then no return to its event loop until FILE exists
//   flood  this number at once, then waits until standard input ends
//   count  this number of two kinds, prints `counted`, then waits until standard input ends
import { existsSync } from 'node:fs';
import { provider, seq, str, u32, u64 } from '@ringtail/tracer';

const [mode, argument, length] = process.argv.slice(2);
const one = provider('trig').tracepoint('one', [
  ['n', u32],
  ['id', u64],
  ['name', str],
  ['list', seq(u32)],
]);
const two = provider('trig').tracepoint('two', [['n', u32]]);
provider('trig').tracepoint('never', [['n', u32]]);

if (mode === 'spin') {
  one(1, 2n ** 60n, 'spinning', [1, 2, 3]);
  while (!existsSync(argument));
  console.log('released');
} else {
  const text = 'x'.repeat(Number(length ?? 1));
  const begin = performance.now();
  for (let n = 0; n < Number(argument); n++) {
    one(n, n, text, []);
    if (mode === 'count') two(n);
  }
  console.log(`emitted in ${Math.round(performance.now() - begin)} ms`);
}
process.stdin.resume();
