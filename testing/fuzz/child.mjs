// Reads damaged inputs one after another: node child.mjs DIRECTORY KIND SEED FROM TO
//
// DIRECTORY holds the traces (`N.metadata`, `N.data`, `traces.json`) and `progress`. The number of each input is
// written to `progress` before it is read, so the parent knows the input at which this process hangs or dies. Each
// problem is a line of JSON on standard output. Temporary files are in DIRECTORY, which the parent removes.
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
import { writeDamagedDirectory } from './directories.mjs';
import { damagedInput, randomOf } from './mutate.mjs';
import { readIntoOutputs } from './outputs.mjs';

/** One of this number of inputs is also read from files into every output, and after its damage. */
const FILES_EVERY = 32;

/** Allowed growth of the process's largest size for one input: a constant, and an amount for each byte. */
const MEMORY_BYTES = 128 * 2 ** 20;
const MEMORY_BYTES_PER_BYTE = 256;

/** Bound for messages: a record has at least a bit, and a loss can precede each packet. */
const MESSAGES_PER_BYTE = 16;

const [directory, kind, seed, from, to] = process.argv.slice(2);
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
const METADATA_CODES = new Set(['SYNTAX', 'SEMANTICS', 'UNSUPPORTED', 'BAD_PACKET']);

/** How inputs of each kind are made. @returns the name of the input, its size and how to read it */
const KINDS = {
  bytes(random, index) {
    const input = damagedInput(random, traces);
    const outputsOf = index % FILES_EVERY === 0 ? random : undefined;
    return { name: input.name, size: sizeOf(input), read: () => readBytes(input, outputsOf) };
  },
  directories(random) {
    const target = path.join(scratch, 'traces');
    const name = writeDamagedDirectory(random, target);
    return { name, size: 0, read: () => readIntoOutputs(random, target, path.join(scratch, 'copy'), refuse) };
  },
};

try {
  // The largest size before the first input is the size of the program and the reader.
  const sound = randomOf(Number(seed), -1);
  for (const trace of traces) judge(() => readBytes(trace, sound));
  Object.assign(counts, { inputs: 0, refusedMetadata: 0, refusedData: 0, messages: 0 });
  let largest = memoryBytes();
  for (let index = Number(from); index < Number(to); index++) {
    word.writeUInt32LE(index);
    fs.writeSync(progress, word, 0, 4, 0);
    const { name, size, read } = KINDS[kind](randomOf(Number(seed), index), index);
    const problem = judge(read);
    if (problem !== undefined) report(index, name, problem);
    const now = memoryBytes();
    if (now > largest + MEMORY_BYTES + size * MEMORY_BYTES_PER_BYTE) {
      report(index, name, `took ${Math.round((now - largest) / 2 ** 20)} MiB`);
    }
    largest = now;
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
console.log(JSON.stringify({ counts }));

function memoryBytes() {
  return process.resourceUsage().maxRSS * 1024;
}

function sizeOf({ metadata, data }) {
  return metadata.length + data.length;
}

function report(index, name, problem) {
  console.log(JSON.stringify({ index, name, problem }));
}

function refuse(code) {
  counts[METADATA_CODES.has(code) ? 'refusedMetadata' : 'refusedData']++;
}

/** @returns the problem; undefined if the input is read or properly refused */
function judge(read) {
  counts.inputs++;
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  }
}

/** @param random selects the outputs of the input; without it, there are none */
function readBytes(input, random) {
  decode(input);
  if (random !== undefined) print(input, random);
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
  // Bounded: a reader must stop sooner.
  for (let attempts = 0; expectRefusal(read, 'refusedData') === undefined; attempts++) {
    if (attempts > data.length + 1) throw new Error('it never comes to an end');
    if (!reader.skipPacket()) break;
  }
  counts.messages += messages;
}

function print({ metadata, data }, random) {
  const directory = path.join(scratch, 'trace');
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'metadata'), metadata);
  fs.writeFileSync(path.join(directory, 'stream'), data);
  readIntoOutputs(random, directory, path.join(scratch, 'copy'));
}

/** @returns undefined if it is refused */
function expectRefusal(read, count) {
  try {
    return read();
  } catch (error) {
    const isRefusal = [MetadataError, TraceFormatError].some((kind) => error instanceof kind);
    if (!isRefusal) throw error;
    if (count !== undefined) counts[count]++;
    return undefined;
  }
}
