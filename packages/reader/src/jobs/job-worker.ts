import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openTraces } from '../open-traces.ts';
import type { JobRequest, JobSetup } from './job-messages.ts';
import { SlicePrinter } from './slice-printer.ts';

// What a worker thread runs: it opens the trace on its own, and prints the slices that it is told to.

const setup = workerData as JobSetup;
const port = parentPort as MessagePort;
const reader = openTraces(setup.paths, setup.clocks === undefined ? {} : { clocks: setup.clocks });
const printer = new SlicePrinter(reader.traces[0]!.streams[0]!, setup);

// Until now slices were better printed by others.
port.postMessage('ready');
port.on('message', (request: JobRequest) => {
  const result = printer.print(request);
  port.postMessage(result, [result.memory, ...result.overflow.map(({ buffer }) => buffer)]);
});
