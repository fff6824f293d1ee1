// Emits COUNT events (default 20) every 2 ms and ends when its standard input does. Prints `ready` after the first
// event, and the number of events so far for each input: node steps.mjs [COUNT]
import { provider, str, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', [
  ['index', u32],
  ['padding', str],
]);
const [count = '20'] = process.argv.slice(2);
let index = 0;
const emit = () => step(index++, 'y'.repeat(100));
emit();
const timer = setInterval(() => {
  for (let burst = 0; burst < Number(count); burst++) emit();
}, 2);
process.stdin.on('data', () => console.log(`${index} so far`));
process.stdin.on('end', () => {
  clearInterval(timer);
  console.log(`emitted ${index}`);
});
console.log('ready');
