// Reads damaged inputs, one after the other: node child.mjs DIRECTORY SEED FROM TO
//
// DIRECTORY holds the traces (`N.metadata`, `N.data`, `traces.json`) and `progress`, to which the number of each input is written
// before it is read: whoever watches knows at which one this process hangs or dies. What is wrong is said on the standard output,
// a line of JSON for each input. Files that it needs lie in DIRECTORY, which whoever watches removes.
import fs from 'node:fs';
import path from 'node:path';
import {
  BufferMedium,
  DataStreamReader,
  MetadataError,
  parseMetadata,
  TraceDecoder,
  TraceFormatError,
} from '@ringtail/ctf';
import { openTraces, printPretty, ReaderError } from '@ringtail/reader';
import { damagedInput, randomOf } from './mutate.mjs';

/** Every so many inputs are also read from files, printed, and read on behind their damages. */
const FILES_EVERY = 8;

/** What reading one input may add to the largest size this process has had: a part of its own, and so much for each byte. */
const MEMORY_BYTES = 128 * 2 ** 20;
const MEMORY_BYTES_PER_BYTE = 256;

/** No record is smaller than a bit, and there may be a loss before each packet. */
const MESSAGES_PER_BYTE = 16;

const [directory, seed, from, to] = process.argv.slice(2);
const names = JSON.parse(fs.readFileSync(path.join(directory, 'traces.json'), 'utf8'));
const traces = names.map((name, i) => ({
  name,
  metadata: fs.readFileSync(path.join(directory, `${i}.metadata`)),
  data: fs.readFileSync(path.join(directory, `${i}.data`)),
}));
const progress = fs.openSync(path.join(directory, 'progress'), 'r+');
const scratch = fs.mkdtempSync(path.join(directory, 'scratch-'));
const counts = { inputs: 0, refusedMetadata: 0, refusedData: 0, messages: 0 };
const word = Buffer.alloc(4);

try {
  // The largest size before the first input is that of the program and of everything that reads.
  for (const trace of traces) judge(trace, true);
  Object.assign(counts, { inputs: 0, refusedMetadata: 0, refusedData: 0, messages: 0 });
  let largest = memoryBytes();
  for (let index = Number(from); index < Number(to); index++) {
    word.writeUInt32LE(index);
    fs.writeSync(progress, word, 0, 4, 0);
    const input = damagedInput(randomOf(Number(seed), index), traces);
    const problem = judge(input, index % FILES_EVERY === 0);
    if (problem !== undefined) report(index, input, problem);
    const now = memoryBytes();
    const bound = largest + MEMORY_BYTES + (input.metadata.length + input.data.length) * MEMORY_BYTES_PER_BYTE;
    if (now > bound) report(index, input, `took ${Math.round((now - largest) / 2 ** 20)} MiB`);
    largest = now;
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
console.log(JSON.stringify({ counts }));

function memoryBytes() {
  return process.resourceUsage().maxRSS * 1024;
}

function report(index, { name }, problem) {
  console.log(JSON.stringify({ index, name, problem }));
}

/** @returns what is wrong, undefined if the input is read, or refused as it should be */
function judge(input, usesFiles) {
  counts.inputs++;
  try {
    decode(input);
    if (usesFiles) print(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  }
}

function decode({ metadata, data }) {
  const trace = expectRefusal(() => new TraceDecoder(parseMetadata(metadata)), 'refusedMetadata');
  if (trace === undefined) return;
  const identity = { class: trace.class, name: '', uuid: undefined };
  const reader = new DataStreamReader(trace, identity, [{ name: 'stream', medium: new BufferMedium(data) }], 0n);
  const messagesMax = (data.length + 1) * MESSAGES_PER_BYTE;
  let messages = 0;
  const read = () => {
    while (reader.next().kind === 'item') {
      if (++messages > messagesMax) throw new Error(`more than ${messagesMax} messages`);
    }
    return true;
  };
  // With an end to it: a reader must give up sooner.
  for (let attempts = 0; expectRefusal(read, 'refusedData') === undefined; attempts++) {
    if (attempts > data.length + 1) throw new Error('it never comes to an end');
    if (!reader.skipPacket()) break;
  }
  counts.messages += messages;
}

function print({ metadata, data }) {
  fs.writeFileSync(path.join(scratch, 'metadata'), metadata);
  fs.writeFileSync(path.join(scratch, 'stream'), data);
  const sink = { write: () => true };
  for (const keepGoing of [false, true]) {
    expectRefusal(() => {
      const reader = openTraces(scratch, { keepGoing, onError: (error) => expectRefusal(() => raise(error)) });
      try {
        printPretty(reader, sink, { utc: true, warnings: sink });
      } finally {
        reader.close();
      }
    });
  }
}

function raise(error) {
  throw error;
}

/** @returns undefined if it is refused */
function expectRefusal(read, count) {
  try {
    return read();
  } catch (error) {
    const isRefusal = [MetadataError, TraceFormatError, ReaderError].some((kind) => error instanceof kind);
    if (!isRefusal) throw error;
    if (count !== undefined) counts[count]++;
    return undefined;
  }
}
