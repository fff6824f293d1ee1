// Reads a directory of traces into every output, with and without reading after damage.
import fs from 'node:fs';
import { RingtailError } from '@ringtail/base';
import { MetadataError, TraceFormatError } from '@ringtail/ctf';
import {
  countMessages,
  countsText,
  openTraces,
  printCsv,
  printDetails,
  printJson,
  printPretty,
  ReaderError,
  visitEvents,
  writeCtf,
} from '@ringtail/reader';

/** Bound for outputs of such small inputs: metadata has bounds for its types. */
const OUTPUT_BYTES_MAX = 2 ** 28;

const OUTPUTS = {
  text: (reader, { sink }) => printPretty(reader, sink, { utc: true, warnings: sink }),
  details: (reader, { sink }) => printDetails(reader, sink),
  json: (reader, { sink }) => printJson(reader, sink),
  csv: (reader, { sink }) => printCsv(reader.traces, reader, sink),
  counter: (reader) => countsText(countMessages(reader.messages(), 1)),
  dummy: (reader) => visitEvents(reader, { '*': { fields: [], handle: () => {} } }),
  visitor: (reader) => visitEvents(reader, { '*': { handle: () => {} } }),
  ctf: (reader, { target }) => writeCtf(reader, target, { version: 1 }),
  ctf2: (reader, { target }) => writeCtf(reader, target, { version: 2 }),
};

/** Options for opening traces; some need the index. */
const OPENINGS = [
  {},
  { begin: { kind: 'instant', ns: 1_000n }, end: { kind: 'instant', ns: 4_000_000_000n } },
  { streamIntersection: true },
];

/** Each takes some ten milliseconds, mostly for code generation. */
const WAYS_PER_INPUT = 3;

/**
 * Reads a directory in some of the possible ways.
 *
 * @param target a directory to make and remove
 * @param say receives the code of each refusal
 * @throws for everything except refusals with a place
 */
export function readIntoOutputs(random, directory, target, say = () => undefined) {
  for (let i = 0; i < WAYS_PER_INPUT; i++) {
    const output = random.pick(Object.keys(OUTPUTS));
    const options = { ...random.pick(OPENINGS), keepGoing: random.below(2) === 1 };
    try {
      readInto(output, OUTPUTS[output], options, directory, target, say);
    } catch (error) {
      error.message = `${output}, ${Object.keys(options).join(', ')} ${options.keepGoing}: ${error.message}`;
      error.stack = `${error.message}\n${error.stack}`;
      throw error;
    } finally {
      fs.rmSync(target, { recursive: true, force: true });
    }
  }
}

function readInto(output, print, options, directory, target, say) {
  const refuse = (error) => say(refusalIn(error, directory, target));
  let reader;
  try {
    reader = openTraces(directory, {
      ...options,
      boundaries: output === 'details' || output === 'counter',
      keepsHeaders: output.startsWith('ctf'),
      onError: refuse,
      onWarning: () => undefined,
    });
    print(reader, { sink: boundedSink(), target });
  } catch (error) {
    refuse(error);
    return;
  } finally {
    reader?.close();
  }
  if (output.startsWith('ctf') && options.keepGoing) readCopy(target);
}

/**
 * Checks that the copy of a damaged trace is valid. UUIDs of packets are an exception: packets keep theirs, and CTF 1.8
 * readers do not compare them, since some tracers wrote other ones than in the metadata.
 */
function readCopy(target) {
  if (fs.readdirSync(target, { recursive: true }).length === 0) return;
  const onError = (error) => {
    if (error.code !== 'BAD_UUID') throw error;
  };
  const reader = openTraces(target, { onError });
  try {
    printPretty(reader, boundedSink(), { utc: true, warnings: boundedSink() });
  } finally {
    reader.close();
  }
}

function boundedSink() {
  let length = 0;
  return {
    write(text) {
      length += text.length;
      if (length > OUTPUT_BYTES_MAX) throw new Error(`an output of more than ${OUTPUT_BYTES_MAX} bytes`);
      return true;
    },
  };
}

/** @returns its code. @throws an error that is not a refusal, or has no place */
function refusalIn(error, directory, target) {
  if (!(error instanceof RingtailError)) throw error;
  const text = error.describe();
  const isOfInput = [MetadataError, TraceFormatError, ReaderError].some((kind) => error instanceof kind);
  const isPlaced = text.includes(directory) || text.includes(target);
  if (text === '' || (isOfInput && !isPlaced) || /undefined|\[object|NaN/.test(text.replaceAll(directory, ''))) {
    throw new Error(`a refusal that does not say what is wrong, and where: ${error.name} "${text}"`);
  }
  if (error instanceof TraceFormatError && !/byte \d+/.test(text))
    throw new Error(`a refusal without an offset: "${text}"`);
  return error.code;
}
