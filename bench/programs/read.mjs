// Reads a whole trace. Prints the number of events, the CPU time of opening and reading, and the peak memory of the
// process.
//
//   read.mjs text|visit TRACE        text goes to /dev/null
import { openSync } from 'node:fs';
import { FdSink, openTraces, printPretty, visitEvents } from '@ringtail/reader';
import { printJson } from './loops.mjs';

const [mode, trace] = process.argv.slice(2);
const begin = process.cpuUsage();
const reader = openTraces(trace);
const events = mode === 'visit' ? visit() : printPretty(reader, new FdSink(openSync('/dev/null', 'w')));
const { user, system } = process.cpuUsage(begin);
reader.close();
printJson({ events, cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 });

/** Reads every field of every event. */
function visit() {
  // Negative zero gives the field the representation of a double, which is stored in place. A variable of a function
  // around the handlers would get a new object with each event, and the garbage collector would be measured.
  const total = { count: 0, sum: -0 };
  const integer = (value) => (typeof value === 'bigint' ? 1 : value);
  visitEvents(reader, {
    'bench:tick': (_event, id, customer) => {
      total.count++;
      total.sum += id + customer.length;
    },
    'mixed:request': (_event, id, session, path, state) => {
      total.count++;
      total.sum += id + integer(session) + path.length + state;
    },
    'mixed:sample': (_event, value, ratio, delta, flags) => {
      total.count++;
      total.sum += value + ratio + integer(delta) + flags;
    },
    'mixed:batch': (_event, queue, length, items, state) => {
      total.count++;
      total.sum += queue + length + state;
      for (let i = 0; i < items.length; i++) total.sum += items[i];
    },
    'mixed:step': (_event, id, x, y) => {
      total.count++;
      // A structure in the traces of lib/mixed-trace.mjs.
      total.sum += id + (y === undefined ? x.x + x.y + x.deep.z + x.deep.layer : x + y);
    },
    'mixed:log': (_event, text, level) => {
      total.count++;
      total.sum += text.length + level;
    },
  });
  if (Number.isNaN(total.sum) || total.count === 0) throw new Error('the fields were not read');
  return total.count;
}
