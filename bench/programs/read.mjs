// Reads a trace whole and prints how many events it has, how long that took, and the most memory that the process had.
//
//   read.mjs text|jobs|visit TRACE        text goes to /dev/null; jobs: with two processes
import { openSync } from 'node:fs';
import { FdSink, openTraces, printPretty, printPrettyInJobs, visitEvents } from '@ringtail/reader';
import { printJson } from './loops.mjs';

const [mode, trace] = process.argv.slice(2);
const begin = process.hrtime.bigint();
const reader = openTraces(trace);
const events = await read();
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
reader.close();
printJson({ events, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 });

async function read() {
  if (mode === 'visit') return visit();
  const sink = new FdSink(openSync('/dev/null', 'w'));
  return mode === 'jobs' ? printPrettyInJobs(reader, sink, { jobs: 2 }) : printPretty(reader, sink);
}

/** Reads every field of every event. */
function visit() {
  let count = 0;
  let sum = 0;
  visitEvents(reader, {
    '*': (_event, id, customer) => {
      count++;
      sum += id + customer.length;
    },
  });
  if (sum < count) throw new Error('the fields were not read');
  return count;
}
