// Emits events at a steady pace, says so, and ends when its standard input does: node steps.mjs
import { provider, str, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', { index: u32, padding: str });
let index = 0;
const timer = setInterval(() => {
  for (let burst = 0; burst < 20; burst++) step(index++, 'y'.repeat(100));
}, 2);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  console.log(`emitted ${index}`);
});
console.log('ready');
