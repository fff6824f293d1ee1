// Emits numbered events at a steady pace until standard input ends, then says how many: node witness.mjs EVENTS_A_SECOND
// Numbers are those of the clock: after a pause of the process the events that are due follow at once.
import { provider, str, u32 } from '@ringtail/tracer';

const perSecond = Number(process.argv[2]);
const PERIOD_MS = 10;

const step = provider('witness').tracepoint('step', { index: u32, padding: str });
const padding = 'y'.repeat(60);
const begin = performance.now();
let index = 0;
const emit = () => step(index++, padding);
emit();
const timer = setInterval(() => {
  // What a stopped machine owes is not emitted in one burst: that would be another rate.
  const due = Math.min(index + perSecond / 10, ((performance.now() - begin) * perSecond) / 1000);
  while (index < due) emit();
}, PERIOD_MS);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  console.log(`emitted ${index}`);
});
console.log('ready');
