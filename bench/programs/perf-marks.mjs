// performance.mark() with a detail. Node.js 20 keeps marks in memory only.
import { performance } from 'node:perf_hooks';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const [events, loops] = process.argv.slice(2);
const result = timeLoops(
  (n) => {
    for (let i = 0; i < n; i++) {
      performance.mark('tick', { detail: { id: i, customer: STRINGS[i & 63] } });
      // Marks are kept until they are cleared.
      if ((i & 1023) === 0) performance.clearMarks();
    }
    performance.clearMarks();
  },
  Number(events),
  Number(loops),
);
printJson(result);
