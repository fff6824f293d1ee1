// Emits numbered events at a steady pace until standard input ends, then prints their number:
// node witness.mjs EVENTS_A_SECOND
// The clock determines the numbers: after a pause of the process, the overdue events follow at once.
import { provider, str, u32 } from '@ringtail/tracer';

const perSecond = Number(process.argv[2]);
const PERIOD_MS = 10;

const step = provider('witness').tracepoint('step', [
  ['index', u32],
  ['padding', str],
]);
const padding = 'y'.repeat(60);
const begin = performance.now();
let index = 0;
const emit = () => step(index++, padding);
emit();
const timer = setInterval(() => {
  // After a stop of the machine, overdue events are skipped: a burst would be another rate.
  const due = Math.min(index + perSecond / 10, ((performance.now() - begin) * perSecond) / 1000);
  while (index < due) emit();
}, PERIOD_MS);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  console.log(`emitted ${index}`);
});
console.log('ready');
