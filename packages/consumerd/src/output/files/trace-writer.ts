import { join } from 'node:path';
import { assert } from '@ringtail/base';
import type { ClockClass, DataStreamClass, EventSpec, TraceClass } from '@ringtail/ctf';
import { asUser, type UserIds } from '@ringtail/posix';
import type { ClockKind, OpenChannelRequest, OpenTraceRequest } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';
import { clockOffsetOf, METADATA_PRINTERS, type MetadataPrinter } from '../../metadata/metadata-format.ts';
import { MetadataText } from '../../metadata/metadata-text.ts';
import { clockClassOf, dataStreamClassOf, eventRecordClassOf, traceClassOf } from '../../metadata/trace-model.ts';
import { type FileOutput, startOf } from './file-calls.ts';
import { MetadataFile } from './metadata-file.ts';
import { checkTraceDirectory, ensureTraceDirectory, stateDirectoryOf } from './trace-directory.ts';

/** More than any preamble of ours takes. */
const PREAMBLE_BYTES_MAX = 2 * 1024 * 1024;

/**
 * The directory of a trace and its metadata, with a copy beside the rings for `ringtail crash` where there is such a place.
 *
 * Once the clock's offset has been sampled again the files have another preamble than the one that a restarted consumer is
 * told of: the files are right.
 */
export class TraceWriter {
  /** Of its files in the current trace chunk; a flight recorder's trace has none but beside the rings. */
  readonly directory: string;
  /** What has to outlive a trace chunk; null where nothing is written. */
  readonly stateDirectory: string | null;
  readonly uuid: string;
  /** Which clock its events are timed by. */
  readonly clock: ClockKind;
  readonly owner: UserIds;
  /** All there is to say of the trace. */
  readonly text: MetadataText;
  readonly #request: OpenTraceRequest;
  readonly #output: FileOutput;
  readonly #printer: MetadataPrinter;
  readonly #streams = new Map<number, DataStreamClass>();
  #clock: ClockClass;
  #chunkFile: MetadataFile | undefined;
  #nextChunkFile: MetadataFile | undefined;
  #ringDirectoryFile: MetadataFile | undefined;

  /**
   * Makes the directory and the beginning of the metadata, or continues both.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED`, `NOT_WRITTEN`, `BAD_REQUEST` for a clock that metadata cannot describe.
   */
  constructor(request: OpenTraceRequest, output: FileOutput) {
    if (request.output === null && !request.snapshot) {
      throw new ConsumerError('BAD_REQUEST', 'a trace without an output is for snapshots only');
    }
    const chunksIn = request.snapshot ? null : request.output;
    const writesChunks = chunksIn !== null;
    this.directory = join(request.output ?? '', request.place);
    const stateDirectory = writesChunks ? stateDirectoryOf(chunksIn, request.uuid) : null;
    if (writesChunks && stateDirectory !== null) {
      asUser(request.owner, () => checkTraceDirectory(stateDirectory, chunksIn));
    }
    this.stateDirectory = stateDirectory;
    this.uuid = request.uuid;
    this.clock = request.clock;
    this.owner = request.owner;
    this.#request = request;
    this.#output = output;
    this.#printer = METADATA_PRINTERS[request.format];
    this.#clock = clockClassOf(request);
    const former = writesChunks ? this.directory : request.ringDirectory;
    if (former !== null) this.#clock = asUser(this.owner, () => this.#clockIn(join(former, 'metadata')));
    this.text = new MetadataText(this.#preamble(this.#clock));
    try {
      if (writesChunks) this.#chunkFile = asUser(this.owner, () => this.#openIn(this.directory, chunksIn));
      if (request.ringDirectory !== null) this.#ringDirectoryFile = this.#openBesideRings(request.ringDirectory);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws {ConsumerError} `NOT_WRITTEN`, `BAD_REQUEST` for a context that there is not. */
  addChannel(request: OpenChannelRequest): void {
    const stream = dataStreamClassOf(request, this.#clock);
    this.#append([this.#printer.dataStreamClass(this.#traceClass(), stream)]);
    this.#streams.set(request.streamClassId, stream);
  }

  /** Once this returns, the metadata describes the events. @throws {ConsumerError} `NOT_WRITTEN` */
  addEvents(streamClassId: number, events: readonly { readonly id: number; readonly spec: EventSpec }[]): void {
    const stream = this.#streams.get(streamClassId);
    assert(stream !== undefined, 'events are declared in a channel');
    const trace = this.#traceClass();
    this.#append(
      events.map(({ id, spec }) => this.#printer.eventRecordClass(trace, stream, eventRecordClassOf(id, spec))),
    );
  }

  /**
   * Rewrites the metadata with another offset of the clock, each file in one step.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`; to be repeated then
   */
  setClockOffset(clockOffsetNs: string): void {
    const clock = clockClassOf({ ...this.#request, clockOffsetNs });
    const preamble = this.#preamble(clock);
    asUser(this.owner, () => this.#chunkFile?.rewrite(preamble));
    this.#ringDirectoryFile?.rewrite(preamble);
    this.text.rewrite(preamble);
    this.#clock = clock;
  }

  /**
   * Looks for the metadata of the current trace chunk. Where it alone was removed or changed, it is written again: what else
   * is in the directory would be unreadable without it. A directory that was removed is not made again.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`
   */
  keepMetadata(): 'there' | 'repaired' | 'removed' {
    const file = this.#chunkFile;
    if (file === undefined) return 'there';
    return asUser(this.owner, () => {
      if (file.isThere()) return 'there';
      if (!file.isDirectoryThere()) return 'removed';
      file.rewrite(this.text.prologue);
      return 'repaired';
    });
  }

  /** Makes the directory and the metadata of the current trace chunk again, if they have been removed. */
  restoreChunk(root: string): void {
    if (this.keepMetadata() !== 'removed') return;
    this.prepareChunk(root);
    this.beginChunk();
  }

  /** Writes the whole metadata for a new trace chunk below `root`. @throws {ConsumerError} `DIRECTORY_REFUSED`, `NOT_WRITTEN` */
  prepareChunk(root: string): void {
    this.abandonChunk();
    asUser(this.owner, () => {
      this.#nextChunkFile = this.#openIn(join(root, this.#request.place), this.#request.output ?? root);
      this.#nextChunkFile.append(this.text.blocks);
    });
  }

  /** The chunk that was prepared has become the current one. */
  beginChunk(): void {
    const next = this.#nextChunkFile;
    assert(next !== undefined, 'a trace chunk is prepared before it begins');
    this.#chunkFile?.close();
    this.#chunkFile = next;
    this.#nextChunkFile = undefined;
    next.movedTo(join(this.directory, 'metadata'));
  }

  abandonChunk(): void {
    this.#nextChunkFile?.close();
    this.#nextChunkFile = undefined;
  }

  close(): void {
    this.abandonChunk();
    this.#chunkFile?.close();
    this.#ringDirectoryFile?.close();
  }

  #append(blocks: readonly string[]): void {
    this.#chunkFile?.append(blocks);
    this.#ringDirectoryFile?.append(blocks);
    this.text.append(blocks);
  }

  /** Ring files lie below the directory that was named for them as the trace lies below its session's output. */
  #openBesideRings(directory: string): MetadataFile {
    const { place } = this.#request;
    return this.#openIn(directory, directory.endsWith(`/${place}`) ? directory.slice(0, -place.length) : directory);
  }

  #openIn(directory: string, output: string): MetadataFile {
    ensureTraceDirectory(directory, output);
    return MetadataFile.open(join(directory, 'metadata'), this.uuid, this.text.prologue, this.#output);
  }

  #preamble(clock: ClockClass): string {
    return this.#printer.preamble(traceClassOf(this.#request, clock));
  }

  #traceClass(): TraceClass {
    return traceClassOf(this.#request, this.#clock);
  }

  /** The clock as the metadata of a former consumer describes it, if it differs in nothing but the offset. */
  #clockIn(path: string): ClockClass {
    const found = startOf(path, PREAMBLE_BYTES_MAX);
    const clock = { ...this.#clock, ...clockOffsetOf(found) };
    return found.startsWith(this.#preamble(clock)) ? clock : this.#clock;
  }
}
