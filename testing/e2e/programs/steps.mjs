// Emits events at a steady pace and ends with its standard input. It prints `ready` after the first event:
// node steps.mjs
import { provider, str, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', { index: u32, padding: str });
let index = 0;
const emit = () => step(index++, 'y'.repeat(100));
emit();
const timer = setInterval(() => {
  for (let burst = 0; burst < 20; burst++) emit();
}, 2);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  console.log(`emitted ${index}`);
});
console.log('ready');
