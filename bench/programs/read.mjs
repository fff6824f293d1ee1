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
  let count = 0;
  let sum = 0;
  const integer = (value) => (typeof value === 'bigint' ? 1 : value);
  visitEvents(reader, {
    'bench:tick': (_event, id, customer) => {
      count++;
      sum += id + customer.length;
    },
    'mixed:request': (_event, id, session, path, state) => {
      count++;
      sum += id + integer(session) + path.length + state;
    },
    'mixed:sample': (_event, value, ratio, delta, flags) => {
      count++;
      sum += value + ratio + integer(delta) + flags;
    },
    'mixed:batch': (_event, queue, length, items, state) => {
      count++;
      sum += queue + length + state;
      for (let i = 0; i < items.length; i++) sum += items[i];
    },
    'mixed:step': (_event, id, x, y) => {
      count++;
      // With a structure in the traces that are made here.
      sum += id + (y === undefined ? x.x + x.y + x.deep.z + x.deep.layer : x + y);
    },
    'mixed:log': (_event, text, level) => {
      count++;
      sum += text.length + level;
    },
  });
  if (Number.isNaN(sum) || count === 0) throw new Error('the fields were not read');
  return count;
}
