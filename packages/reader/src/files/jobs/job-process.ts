import { setImmediate } from 'node:timers/promises';
import { describeError, errnoOf, type Instant } from '@ringtail/base';
import { TraceDecoder } from '@ringtail/ctf/internal';
import { FdSink } from '../fd-sink.ts';
import { FileMedium } from '../file-medium.ts';
import type { JobAnswer, JobOrder, JobSetup } from './job-messages.ts';
import { SlicePrinter } from './slice-printer.ts';
import type { Slice } from './slices.ts';

// The program of a process that helps to print. It prints slices into its own memory, and writes their text to its
// standard output in their turn. That output is the output of the process that it helps.

const STDOUT_FD = 1;

let printer: SlicePrinter | undefined;

function handle(order: JobOrder): void {
  if (order.kind === 'setup') setUp(order.setup);
  else if (order.kind === 'print') void print(printer!, order.slice);
  else answer(write(printer!, order.previous));
}

function setUp({ traces, ...setup }: JobSetup): void {
  const streams = traces.flatMap(({ identity, streams: ofTrace }) => {
    const decoder = new TraceDecoder(identity.class);
    return ofTrace.map(({ files, id, classId }) => {
      const sources = files.map((name) => ({ name, medium: new FileMedium(name) }));
      return { decoder, identity, sources, id, class: decoder.dataStreamDecoder(classId)?.class };
    });
  });
  printer = new SlicePrinter(streams, new FdSink(STDOUT_FD), setup);
  answer({ kind: 'ready' });
}

async function print(slices: SlicePrinter, slice: Slice): Promise<void> {
  slices.begin(slice);
  // The turn of a slice before may come in the meantime.
  while (!slices.step()) await setImmediate();
  answer({ kind: 'printed', hasRoom: slices.hasRoom });
}

function write(slices: SlicePrinter, previous: Instant | undefined): JobAnswer {
  try {
    const written = slices.write(previous);
    return written === undefined ? { kind: 'damaged' } : { kind: 'written', written, hasRoom: slices.hasRoom };
  } catch (error) {
    return { kind: 'failed', message: describeError(error), code: errnoOf(error) };
  }
}

function answer(message: JobAnswer): void {
  process.send!(message);
}

process.on('message', handle);
// The process that started this one has ended: its output is not wanted any more.
process.on('disconnect', () => process.exit());
