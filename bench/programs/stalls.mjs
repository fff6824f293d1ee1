// Calls ten tracepoints that no session records, and returns to its event loop now and then. For each line on standard
// input it prints the longest round in milliseconds since the line before: stalls.mjs
import { provider, u32 } from '@ringtail/tracer';
import { printJson } from './loops.mjs';

const TURN_MS = 5;
const stalls = provider('stalls');
const events = Array.from({ length: 10 }, (_, i) => stalls.tracepoint(`e${i}`, [['n', u32]]));
let longest = 0;

process.stdin.on('data', () => {
  printJson({ longest });
  longest = 0;
});
process.stdin.once('end', () => process.exit());

function turn() {
  const end = performance.now() + TURN_MS;
  for (let before = performance.now(); before < end; ) {
    for (const event of events) event(1);
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  }
  setImmediate(turn);
}
printJson({});
turn();
