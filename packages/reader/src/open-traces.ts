import fs from 'node:fs';
import path from 'node:path';
import { describeError, RingtailError } from '@ringtail/base';
import {
  DataStreamReader,
  type FirstPacket,
  type Message,
  type NamedMedium,
  type Next,
  parseMetadata,
  readFirstPacket,
  type TraceClass,
  TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';
import { findTraceDirectories, type TraceDirectory } from './discover.ts';
import { FileMedium } from './file-medium.ts';
import { MessageMerge } from './merge.ts';
import { ReaderError } from './reader-error.ts';

export interface OpenOptions {
  /**
   * Takes what is wrong with a data stream, when its turn comes; that data stream is then at its end and the others go on.
   * Without it, `next` throws.
   */
  readonly onError?: (error: RingtailError) => void;
}

/** The messages of some traces, in the order of time. To be closed after use. */
export class TraceReader implements Iterable<Message> {
  /** What was opened, sorted by path. Directories of one UUID are one trace. */
  readonly traces: readonly TraceIdentity[];
  readonly #merge: MessageMerge;
  readonly #media: readonly FileMedium[];

  /** @internal */
  constructor(traces: readonly TraceIdentity[], merge: MessageMerge, media: readonly FileMedium[]) {
    this.traces = traces;
    this.#merge = merge;
    this.#media = media;
  }

  /**
   * The next message.
   *
   * Messages of equal time come in the order of trace, data stream class and data stream.
   *
   * @throws {TraceFormatError} for damaged data, after everything before the damage. The reader can be used further: the
   *   damaged data stream is at its end then
   * @throws {ReaderError} if a file cannot be read
   */
  next(): Next<Message> {
    return this.#merge.next();
  }

  *[Symbol.iterator](): Iterator<Message> {
    for (;;) {
      const next = this.next();
      if (next.kind !== 'item') return;
      yield next.item;
    }
  }

  close(): void {
    for (const medium of this.#media) medium.close();
  }
}

interface OpenedTrace {
  readonly directory: TraceDirectory;
  readonly class: TraceClass;
  readonly metadataBytes: number;
}

/**
 * Opens a trace directory, or all traces below a directory.
 *
 * Metadata is read at once; of the data only the first packet header of every file, so that the files of a data
 * stream can be told from those of another. Memory does not depend on how long the traces are.
 *
 * @param root a trace directory, a session's output directory, or any directory above
 * @throws {ReaderError} `NO_TRACE` if there is no trace, `UNREADABLE` if a file cannot be read
 * @throws {MetadataError} if the metadata of a trace makes no sense
 */
export function openTraces(root: string, options: OpenOptions = {}): TraceReader {
  const media: FileMedium[] = [];
  try {
    const base = path.resolve(root);
    const traces: TraceIdentity[] = [];
    const readers: DataStreamReader[] = [];
    for (const physical of byUuid(findTraceDirectories(root).map(openMetadata))) {
      const opened = openTrace(physical, base, media);
      traces.push(opened.identity);
      readers.push(...opened.readers);
    }
    return new TraceReader(traces, new MessageMerge(readers, options.onError), media);
  } catch (error) {
    for (const medium of media) medium.close();
    throw error;
  }
}

function openMetadata(directory: TraceDirectory): OpenedTrace {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(directory.metadataPath);
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(directory.metadataPath);
  }
  try {
    return { directory, class: parseMetadata(bytes), metadataBytes: bytes.length };
  } catch (error) {
    throw error instanceof RingtailError ? error.within(directory.metadataPath) : error;
  }
}

/** The chunks of a rotated trace, and its snapshots, have one UUID; they continue each other. */
function byUuid(traces: readonly OpenedTrace[]): OpenedTrace[][] {
  const groups = new Map<string, OpenedTrace[]>();
  for (const trace of traces) {
    const key = trace.class.uuid ?? trace.directory.path;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trace]);
    else group.push(trace);
  }
  return [...groups.values()];
}

function openTrace(physical: readonly OpenedTrace[], base: string, media: FileMedium[]) {
  // Metadata only grows, so the longest one describes the data of all.
  const richest = physical.reduce((best, trace) => (trace.metadataBytes > best.metadataBytes ? trace : best));
  const decoder = new TraceDecoder(richest.class);
  const identity: TraceIdentity = {
    class: richest.class,
    name: traceName(richest.class, path.relative(base, physical[0]!.directory.path)),
    uuid: richest.class.uuid,
  };
  const files = physical.flatMap(({ directory }) => directory.dataPaths).map((file) => openFile(decoder, file, media));
  const readers = groupFiles(files)
    .sort(compareStreams)
    .map(({ id, files: sources }) => ({ id, sources: sources.map((file) => file.source) }))
    .map(({ id, sources }) => new DataStreamReader(decoder, identity, sources, id));
  return { identity, readers };
}

function traceName({ environment }: TraceClass, relative: string): string {
  const hostname = environment.get('hostname');
  return [typeof hostname === 'string' ? hostname : '', relative].filter((part) => part !== '').join('/');
}

interface DataFile {
  readonly source: NamedMedium;
  /** Undefined where not even the first packet can be read: its data stream is going to say why. */
  readonly first: FirstPacket | undefined;
}

function openFile(decoder: TraceDecoder, file: string, media: FileMedium[]): DataFile {
  const medium = new FileMedium(file);
  media.push(medium);
  const source = { name: file, medium };
  try {
    const first = readFirstPacket(decoder, source);
    return { source, first: first.kind === 'item' ? first.item : undefined };
  } catch (error) {
    if (!(error instanceof RingtailError)) throw error;
    return { source, first: undefined };
  }
}

interface FileGroup {
  readonly classId: bigint;
  readonly id: bigint;
  readonly files: DataFile[];
}

/**
 * Puts the files of one data stream together, in the order of time. Without an identifier, or a time to order by, a file is
 * a data stream of its own; those are numbered.
 */
function groupFiles(files: readonly DataFile[]): FileGroup[] {
  const groups = new Map<string, FileGroup>();
  const numbers = new Map<bigint, bigint>();
  for (const file of files) {
    const { first, source } = file;
    const classId = first?.class.id ?? -1n;
    const isKnown = first?.id !== undefined && first.beginNs !== undefined;
    const key = isKnown ? `${classId}/${first.id}` : source.name;
    const group = groups.get(key);
    if (group !== undefined) {
      group.files.push(file);
      continue;
    }
    const number = numbers.get(classId) ?? 0n;
    if (!isKnown) numbers.set(classId, number + 1n);
    groups.set(key, { classId, id: isKnown ? first.id! : number, files: [file] });
  }
  for (const group of groups.values())
    group.files.sort((a, b) => compare(a.first?.beginNs ?? 0n, b.first?.beginNs ?? 0n));
  return [...groups.values()];
}

function compareStreams(a: FileGroup, b: FileGroup): number {
  return compare(a.classId, b.classId) || compare(a.id, b.id);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
