// Reads a trace whole and prints how many events it has, the CPU time of opening and reading it, and the most memory that the process had.
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
  // Negative zero makes a field for floating point numbers, which are stored in place. A variable of a function around the
  // handlers would get a new object with each event, and so measure the garbage collector.
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
      // With a structure in the traces that are made here.
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
