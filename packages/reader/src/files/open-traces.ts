import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describeError, RingtailError } from '@ringtail/base';
import {
  type BoundaryMessage,
  type EventMessage,
  type EventRecordClass,
  type FirstPacket,
  type Instant,
  type Message,
  MetadataError,
  type NamedMedium,
  type Next,
  parseMetadata,
  readFirstPacket,
  type TraceClass,
  TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';
import { EventVisitor, METADATA_BYTES_MAX } from '@ringtail/ctf/internal';
import { MessageTrimmer } from '../cut/message-trimmer.ts';
import { resolveTimeBound, type TimeBound, type TimeRange } from '../cut/time-range.ts';
import { MessageFilter } from '../filter/message-filter.ts';
import { BoundarySource } from '../merge/boundary-source.ts';
import { type MessageConsumer, MessageMerge, type MessageSource } from '../merge/message-merge.ts';
import { durationText } from '../print/pretty/pretty-time.ts';
import { ReaderError } from '../reader-error.ts';
import { type ClockCorrection, correctClocks } from '../trace/clock-correction.ts';
import { INDEX_PACKETS_MAX, type IndexBudget } from '../trace/packet-index.ts';
import { TraceStream } from '../trace/trace-stream.ts';
import { findTraceDirectories, type TraceDirectory } from './discover.ts';
import { FileMedium, shareChunkMemory } from './file-medium.ts';
import { packedSentence } from './packed-file.ts';
import { readWholeFile, sizeOfFile } from './regular-file.ts';

const MIB = 2 ** 20;

export interface OpenOptions {
  /**
   * Takes what is wrong with a data stream, when its turn comes; that data stream is then at its end and the others go on.
   * Without it, `next` throws.
   */
  readonly onError?: (error: RingtailError) => void;
  /** Takes a sentence about data that is sound in form but cannot be true. Each kind is reported once. */
  readonly onWarning?: (warning: string) => void;
  /** A malformed packet is reported and left out; its data stream goes on with the packet behind it. */
  readonly keepGoing?: boolean;
  /** Only what happened from here on. Packets before are not read. */
  readonly begin?: TimeBound | undefined;
  /** Only what happened up to here. Packets behind are not read. */
  readonly end?: TimeBound | undefined;
  /** Whether times of day are meant in UTC. */
  readonly utc?: boolean;
  /** Only the time during which all data streams of a trace were recorded. */
  readonly streamIntersection?: boolean;
  readonly clocks?: ClockCorrection;
  /** Which events are wanted; all, if absent. */
  readonly keep?: ((event: EventMessage) => boolean) | undefined;
  /** Messages tell where packets begin and end, too. */
  readonly boundaries?: boolean;
  /** Keeps the values of event record headers: writers need them. */
  readonly keepsHeaders?: boolean;
}

/** The messages of some traces, in the order of time. To be closed after use. */
export class TraceReader implements Iterable<Message> {
  /** What was opened, sorted by path. Directories of one identity are one trace. */
  readonly traces: readonly OpenedTrace[];
  /** The part of the traces' time that was asked for. */
  readonly range: TimeRange;
  readonly #options: OpenOptions;
  readonly #media: readonly FileMedium[];
  #merge: MessageMerge | undefined;

  /** @internal */
  constructor(traces: readonly OpenedTrace[], range: TimeRange, options: OpenOptions, media: readonly FileMedium[]) {
    this.traces = traces;
    this.range = range;
    this.#options = options;
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
    this.#merge ??= this.#startMerge();
    return this.#merge.next();
  }

  /** Gives all messages that are left to a consumer, in the same order as `next` does, and faster. @internal */
  drain(consumer: MessageConsumer): Next<never> {
    this.#merge ??= this.#startMerge();
    return this.#merge.drain(consumer);
  }

  /** All messages that are left. Those of packets are among them if the reader was opened with `boundaries`. */
  *messages(): Generator<Message | BoundaryMessage> {
    yield* this;
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

  /** Size of all files of data streams. */
  get fileBytes(): number {
    const sources = this.traces.flatMap(({ streams }) => streams.flatMap((stream) => stream.sources));
    return sources.reduce((sum, { name }) => sum + (sizeOfFile(name) ?? 0), 0);
  }

  /** Which events are wanted; undefined means all. */
  get keep(): OpenOptions['keep'] {
    return this.#options.keep;
  }

  /** Whether malformed packets are left out. */
  get keepsGoing(): boolean {
    return this.#options.keepGoing === true;
  }

  /** Tells of what is wrong with a data stream, or throws it where nobody wants to be told. @internal */
  report(error: RingtailError): void {
    if (this.#options.onError === undefined) throw error;
    this.#options.onError(error);
  }

  /**
   * The part of a trace's time that is to be read.
   *
   * @throws {ReaderError} `NO_INTERSECTION`
   */
  rangeOf(trace: OpenedTrace): TimeRange {
    return this.#options.streamIntersection ? common(this.range, intersection(trace)) : this.range;
  }

  #startMerge(): MessageMerge {
    const { onError, keepGoing: keepsGoing, onWarning } = this.#options;
    let isReported = false;
    const onBackwards = (event: EventMessage, before: Instant) => {
      if (!isReported) onWarning?.(backwardsWarning(event, before));
      isReported = true;
    };
    return new MessageMerge(this.#sources(), { onError, keepsGoing, onBackwards });
  }

  #sources(): MessageSource[] {
    const skipper = new EventVisitor({});
    return this.traces.flatMap((trace) => {
      const range = this.rangeOf(trace);
      return trace.streams.map((stream) => this.#sourceOf(stream, range, skipper));
    });
  }

  #sourceOf(stream: TraceStream, range: TimeRange, skipper: EventVisitor): MessageSource {
    const { keep, boundaries = false } = this.#options;
    const isWhole = range.begin === undefined && range.end === undefined;
    const reader = boundaries ? new BoundarySource(stream.reader(range)) : stream.reader(range);
    const trimmed = isWhole ? reader : new MessageTrimmer(reader, range, skipper);
    return keep === undefined ? trimmed : new MessageFilter(trimmed, keep);
  }
}

function backwardsWarning(event: EventMessage, before: Instant): string {
  const { stream, class: of } = event;
  return `time runs backwards: event "${of.name}" of ${stream.name} is ${durationText(event, before)} s earlier than the event before it`;
}

interface FoundDirectory extends TraceDirectory {
  /** From what was opened; where that was several directories, from the one above the one that holds it. */
  readonly relative: string;
}

interface FoundBelow {
  readonly root: string;
  readonly directory: FoundDirectory;
}

export interface OpenedDirectory extends FoundDirectory {
  /** Of its metadata. Its packets have the same, if any. */
  readonly metadataUuid: string | undefined;
}

/** A trace, which may lie in several directories: the chunks of a rotated trace, and its snapshots. */
export interface OpenedTrace extends TraceIdentity {
  readonly directories: readonly OpenedDirectory[];
  /** Sorted by class and identifier. */
  readonly streams: readonly TraceStream[];
}

interface TraceMetadata {
  readonly root: string;
  readonly directory: FoundDirectory;
  readonly class: TraceClass;
  readonly metadataBytes: number;
}

/**
 * Opens a trace directory, or all traces below a directory.
 *
 * Metadata is read at once; of the data only the first packet header of every file, so that the files of a data
 * stream can be told from those of another. Memory does not depend on how long the traces are.
 *
 * @param roots trace directories, sessions' output directories, or any directories above
 * @throws {ReaderError} `NO_TRACE` if there is no trace, `UNREADABLE` if a file cannot be read, `BAD_TIME` if the time
 *   range asked for ends before it begins
 * @throws {MetadataError} if the metadata of a trace makes no sense
 */
export function openTraces(roots: string | readonly string[], options: OpenOptions = {}): TraceReader {
  const media: FileMedium[] = [];
  try {
    const found = new Map<string, FoundBelow>();
    const all = (typeof roots === 'string' ? [roots] : roots).map((root) => path.resolve(root));
    for (const root of all) {
      const above = all.length === 1 ? root : path.dirname(root);
      for (const directory of findTraceDirectories(root, options)) {
        if (found.has(directory.path)) continue;
        found.set(directory.path, {
          root,
          directory: { ...directory, relative: path.relative(above, directory.path) },
        });
      }
    }
    const metadata = openAllMetadata([...found.values()], options);
    const indexBudget = { packets: INDEX_PACKETS_MAX };
    const traces = byIdentity(metadata).map((physical) => openTrace(physical, media, indexBudget, options));
    shareChunkMemory(media);
    return new TraceReader(traces, timeRange(traces, options), options, media);
  } catch (error) {
    for (const medium of media) medium.close();
    throw error;
  }
}

function timeRange(traces: readonly OpenedTrace[], { begin, end, utc = false }: OpenOptions): TimeRange {
  if (begin === undefined && end === undefined) return {};
  const traceBegin = traces
    .flatMap(({ streams }) => streams.map(({ firstBeginNs }) => firstBeginNs))
    .reduce<bigint | undefined>((least, ns) => (ns !== undefined && (least ?? ns) >= ns ? ns : least), undefined);
  const resolve = (bound: TimeBound | undefined) => bound && resolveTimeBound(bound, traceBegin ?? 0n, utc);
  const range = { begin: resolve(begin), end: resolve(end) };
  if (range.begin !== undefined && range.end !== undefined && range.begin > range.end) {
    throw new ReaderError('BAD_TIME', 'the time range ends before it begins');
  }
  return range;
}

/** When all data streams of a trace were being recorded. */
function intersection(trace: OpenedTrace): TimeRange {
  let begin: bigint | undefined;
  let end: bigint | undefined;
  const fail = (message: string) => new ReaderError('NO_INTERSECTION', message).within(trace.directories[0]!.path);
  for (const { index, lastEndNs: last } of trace.streams) {
    const first = index.packets[0]?.beginNs;
    if (first === undefined || last === undefined) throw fail('a data stream does not tell when it begins and ends');
    if (begin === undefined || first > begin) begin = first;
    if (end === undefined || last < end) end = last;
  }
  if (begin === undefined || end === undefined) throw fail('the trace has no data streams');
  if (begin > end) throw fail('there is no time at which all data streams were recorded');
  return { begin, end };
}

function common(a: TimeRange, b: TimeRange): TimeRange {
  const begin = a.begin === undefined || (b.begin !== undefined && b.begin > a.begin) ? b.begin : a.begin;
  const end = a.end === undefined || (b.end !== undefined && b.end < a.end) ? b.end : a.end;
  return { begin, end };
}

/** A reader that keeps going leaves out directories whose metadata is refused, unless that leaves none. */
function openAllMetadata(found: readonly FoundBelow[], options: OpenOptions): TraceMetadata[] {
  const opened: TraceMetadata[] = [];
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

function openMetadata({ root, directory }: FoundBelow, options: OpenOptions): TraceMetadata {
  let bytes: Buffer;
  try {
    const sentence = packedSentence(directory.metadataPath);
    if (sentence !== undefined) throw new Error(sentence);
    const whole = readWholeFile(directory.metadataPath, METADATA_BYTES_MAX);
    if (whole === undefined) throw new Error(`the metadata is larger than ${METADATA_BYTES_MAX / MIB} MiB`);
    bytes = whole;
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(directory.metadataPath);
  }
  try {
    const traceClass = parseMetadata(bytes);
    if (traceClass.dataStreamClasses.length === 0) {
      throw new MetadataError('SEMANTICS', 'the metadata describes no data stream class');
    }
    const corrected = options.clocks === undefined ? traceClass : correctClocks(traceClass, options.clocks);
    return { root, directory, class: corrected, metadataBytes: bytes.length };
  } catch (error) {
    throw error instanceof RingtailError ? error.within(directory.metadataPath) : error;
  }
}

/**
 * What the chunks of one trace have in common. In CTF 2 that is namespace, name and UID: the UUID is that of the metadata stream,
 * of which each snapshot may have another.
 *
 * @see CTF2-SPEC-2.0 §5.6 (trace class fragment)
 */
function identityOf({ uuid, identity }: TraceClass): string | undefined {
  const { namespace, name, uid } = identity ?? {};
  if (uid !== undefined) return JSON.stringify([namespace, name, uid]);
  return uuid === undefined ? undefined : JSON.stringify([namespace, name, uuid]);
}

/** The chunks of a rotated trace, and its snapshots, have one identity; they continue each other. */
function byIdentity(traces: readonly TraceMetadata[]): TraceMetadata[][] {
  const groups = new Map<string, TraceMetadata[][]>();
  for (const trace of traces) {
    const key = identityOf(trace.class) ?? trace.directory.path;
    const sameKey = groups.get(key) ?? [];
    groups.set(key, sameKey);
    const group = sameKey.find(([first]) => areCompatible(first!.class, trace.class));
    if (group === undefined) sameKey.push([trace]);
    else group.push(trace);
  }
  return [...groups.values()].flat();
}

/**
 * Whether what one of them describes is the same in the other one, so that the richer metadata decodes the data of both. A trace
 * may have been written once more in another way.
 */
function areCompatible(a: TraceClass, b: TraceClass): boolean {
  if (a.uuid === b.uuid) return true;
  if (!isDeepStrictEqual(a.packetHeader, b.packetHeader)) return false;
  return a.dataStreamClasses.every(({ eventRecordClasses, ...stream }) => {
    const other = b.dataStreamClasses.find(({ id }) => id === stream.id);
    if (other === undefined) return true;
    const { eventRecordClasses: otherEvents, ...otherStream } = other;
    const byId = new Map(otherEvents.map((event) => [event.id, event]));
    const isSame = (event: EventRecordClass) => !byId.has(event.id) || isDeepStrictEqual(byId.get(event.id), event);
    return isDeepStrictEqual(stream, otherStream) && eventRecordClasses.every(isSame);
  });
}

function openTrace(
  physical: readonly TraceMetadata[],
  media: FileMedium[],
  indexBudget: IndexBudget,
  options: OpenOptions,
): OpenedTrace {
  // Metadata only grows, so the longest one describes the data of all.
  const richest = physical.reduce((best, trace) => (trace.metadataBytes > best.metadataBytes ? trace : best));
  const decoder = new TraceDecoder(richest.class, {
    keepsHeaders: options.keepsHeaders ?? false,
    metadataUuids: physical.flatMap((trace) => trace.class.uuid ?? []),
  });
  const { root, directory } = physical[0]!;
  const identity: TraceIdentity = {
    class: richest.class,
    // The chunks of a trace have no path in common that would name it.
    name: traceName(richest.class, physical.length > 1 ? '' : path.relative(root, directory.path)),
    uuid: richest.class.uuid,
  };
  const directories = physical.map((trace) => ({ ...trace.directory, metadataUuid: trace.class.uuid }));
  const files = directories.flatMap(({ dataPaths }) => dataPaths).map((file) => openFile(decoder, file, media));
  const streams = groupFiles(files)
    .sort(compareStreams)
    .map(
      ({ id, files: [first, ...more] }) =>
        new TraceStream(
          {
            decoder,
            identity,
            sources: [first!, ...more].map((file) => file.source),
            id,
            class: first!.first?.class,
            firstBeginNs: first!.first?.beginNs,
          },
          indexBudget,
        ),
    );
  return { ...identity, directories, streams };
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
