// Reads damaged inputs, one after the other: node child.mjs DIRECTORY KIND SEED FROM TO
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
import { writeDamagedDirectory } from './directories.mjs';
import { damagedInput, randomOf } from './mutate.mjs';
import { readIntoOutputs } from './outputs.mjs';

/** Every so many inputs are also read from files, into every output, and read on behind their damages. */
const FILES_EVERY = 32;

/** What reading one input may add to the largest size this process has had: a part of its own, and so much for each byte. */
const MEMORY_BYTES = 128 * 2 ** 20;
const MEMORY_BYTES_PER_BYTE = 256;

/** No record is smaller than a bit, and there may be a loss before each packet. */
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
  // The largest size before the first input is that of the program and of everything that reads.
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

/** @returns what is wrong, undefined if the input is read, or refused as it should be */
function judge(read) {
  counts.inputs++;
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  }
}

/** @param random says which outputs are made of the input; without it, none is */
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
  // With an end to it: a reader must give up sooner.
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
