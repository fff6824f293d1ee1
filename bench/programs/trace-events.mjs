// An event of node:trace_events, written to its file. Node.js has no function for the events of programs, so this calls
// the function of its own modules: run with --expose-internals --trace-event-categories node.bench.
import { createRequire } from 'node:module';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const { trace } = createRequire(import.meta.url)('internal/test/binding').internalBinding('trace_events');
const INSTANT = 'i'.charCodeAt(0);
const [events, loops] = process.argv.slice(2);
const result = timeLoops(
  (n) => {
    for (let i = 0; i < n; i++) trace(INSTANT, 'node.bench', 'tick', 0, { id: i, customer: STRINGS[i & 63] });
  },
  Number(events),
  Number(loops),
);
printJson(result);
