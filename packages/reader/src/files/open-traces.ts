import path from 'node:path';
import { describeError, RingtailError } from '@ringtail/base';
import { type TraceClass, TraceDecoder, type TraceIdentity } from '@ringtail/ctf';
import { METADATA_BYTES_MAX } from '@ringtail/ctf/internal';
import { lockForReading } from '@ringtail/posix';
import { ReaderError } from '../reader-error.ts';
import type { OpenedTrace } from '../trace/opened-trace.ts';
import { INDEX_PACKETS_MAX, type IndexBudget } from '../trace/packet-index.ts';
import { traceClassOf, traceName } from '../trace/trace-class.ts';
import { traceStreams } from '../trace/trace-streams.ts';
import { type OpenOptions, TraceReader } from '../trace-reader.ts';
import { findTraceDirectories, type TraceDirectory } from './discover.ts';
import { FileMedium, shareChunkMemory } from './file-medium.ts';
import { readIndexFile } from './index-file.ts';
import { packedSentence } from './packed-file.ts';
import { readWholeFile } from './regular-file.ts';
import { groupByTrace } from './same-trace.ts';

const MIB = 2 ** 20;

interface FoundDirectory extends TraceDirectory {
  /** Relative to the directory that was opened, or, where several were opened, to its parent. */
  readonly relative: string;
}

interface FoundBelow {
  readonly root: string;
  readonly directory: FoundDirectory;
}

export interface OpenedDirectory extends FoundDirectory {
  /** UUID of its metadata. Its packets have the same, if any. */
  readonly metadataUuid: string | undefined;
}

/** A trace in files. It may lie in several directories: the chunks of a rotated trace, and its snapshots. */
export interface TraceFiles extends OpenedTrace {
  readonly directories: readonly OpenedDirectory[];
}

interface DirectoryMetadata extends FoundBelow {
  readonly class: TraceClass;
  readonly metadataBytes: number;
}

/**
 * Opens a trace directory, or all traces below a directory.
 *
 * Metadata is read at once. Of the data, only the first packet header of every file is read, which says to which data
 * stream the file belongs. Memory does not depend on how long the traces are.
 *
 * Until the reader is closed, its traces are locked: Ringtail removes none that is being read.
 *
 * @param roots trace directories, output directories of sessions, or any directories above
 * @throws {ReaderError} `NO_TRACE` if there is no trace, `UNREADABLE` if a file cannot be read, `BAD_TIME` if the time
 *   range ends before it begins
 * @throws {MetadataError} if the metadata of a trace makes no sense
 */
export function openTraces(roots: string | readonly string[], options: OpenOptions = {}): TraceReader<TraceFiles> {
  const media: FileMedium[] = [];
  let unlock = () => {};
  const close = () => {
    for (const medium of media) medium.close();
    unlock();
  };
  try {
    const found = findDirectories(typeof roots === 'string' ? [roots] : roots, options);
    unlock = lockForReading(found.map(({ directory }) => directory.path));
    const metadata = openAllMetadata(found, options);
    const indexBudget = { packets: INDEX_PACKETS_MAX };
    const traces = groupByTrace(metadata).map((parts) => openTrace(parts, media, indexBudget, options));
    shareChunkMemory(media);
    return new TraceReader(traces, options, close);
  } catch (error) {
    close();
    throw error;
  }
}

function findDirectories(roots: readonly string[], options: OpenOptions): FoundBelow[] {
  const found = new Map<string, FoundBelow>();
  for (const root of roots.map((name) => path.resolve(name))) {
    const above = roots.length === 1 ? root : path.dirname(root);
    for (const directory of findTraceDirectories(root, options)) {
      if (found.has(directory.path)) continue;
      const relative = path.relative(above, directory.path);
      found.set(directory.path, { root, directory: { ...directory, relative } });
    }
  }
  return [...found.values()];
}

/** With `keepGoing`, skips directories with refused metadata; throws if none is left, or without `onError`. */
function openAllMetadata(found: readonly FoundBelow[], options: OpenOptions): DirectoryMetadata[] {
  const opened: DirectoryMetadata[] = [];
  const refused: RingtailError[] = [];
  for (const directory of found) {
    try {
      opened.push(openMetadata(directory, options));
    } catch (error) {
      if (!(error instanceof RingtailError) || options.keepGoing !== true) throw error;
      refused.push(error);
    }
  }
  const [first] = refused;
  if (first !== undefined && (opened.length === 0 || options.onError === undefined)) throw first;
  for (const error of refused) options.onError?.(error);
  return opened;
}

function openMetadata({ root, directory }: FoundBelow, { clocks }: OpenOptions): DirectoryMetadata {
  const bytes = readMetadata(directory.metadataPath);
  try {
    return { root, directory, class: traceClassOf(bytes, clocks), metadataBytes: bytes.length };
  } catch (error) {
    throw error instanceof RingtailError ? error.within(directory.metadataPath) : error;
  }
}

function readMetadata(file: string): Uint8Array {
  try {
    const sentence = packedSentence(file);
    if (sentence !== undefined) throw new Error(sentence);
    const bytes = readWholeFile(file, METADATA_BYTES_MAX);
    if (bytes === undefined) throw new Error(`the metadata is larger than ${METADATA_BYTES_MAX / MIB} MiB`);
    return bytes;
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(file);
  }
}

function openTrace(
  parts: readonly DirectoryMetadata[],
  media: FileMedium[],
  indexBudget: IndexBudget,
  options: OpenOptions,
): TraceFiles {
  // Metadata only grows, so the longest one describes the data of all.
  const richest = parts.reduce((best, part) => (part.metadataBytes > best.metadataBytes ? part : best));
  const decoder = new TraceDecoder(richest.class, {
    keepsHeaders: options.keepsHeaders ?? false,
    metadataUuids: parts.flatMap((part) => part.class.uuid ?? []),
  });
  const { root, directory } = parts[0]!;
  const identity: TraceIdentity = {
    class: richest.class,
    // The chunks of a trace have no path in common that would name it.
    name: traceName(richest.class, parts.length > 1 ? '' : path.relative(root, directory.path)),
    uuid: richest.class.uuid,
  };
  const directories = parts.map((part) => ({ ...part.directory, metadataUuid: part.class.uuid }));
  const sources = directories.flatMap(({ dataPaths }) => dataPaths).map((file) => sourceOf(file, media));
  const streams = traceStreams(decoder, identity, sources, indexBudget);
  return { ...identity, place: directory.path, directories, streams };
}

function sourceOf(file: string, media: FileMedium[]) {
  const medium = new FileMedium(file);
  media.push(medium);
  return { name: file, medium, index: () => readIndexFile(file) };
}
