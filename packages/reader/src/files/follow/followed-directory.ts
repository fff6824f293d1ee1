import fs from 'node:fs';
import path from 'node:path';
import { type Instant, isAbsence, RingtailError } from '@ringtail/base';
import { METADATA_BYTES_MAX } from '@ringtail/ctf/internal';
import type { LiveDataStream, LiveReader, LiveTrace } from '../../live/live-reader.ts';
import { findTraceDirectories, type TraceDirectory } from '../discover.ts';
import { systemPath } from '../file-names.ts';
import { readWholeFile } from '../regular-file.ts';
import { GrowingStream } from './growing-stream.ts';

/** Directory of archived trace chunks. */
const ARCHIVES = 'archives';

interface FollowedTrace {
  readonly live: LiveTrace;
  /** Identity and time of the metadata that was read. */
  metadata: string | undefined;
  readonly streams: Map<string, FollowedStream>;
}

interface FollowedStream {
  readonly growing: GrowingStream;
  readonly live: LiveDataStream;
}

/**
 * The traces in the output directory of a session that is being recorded, from the begin of the current trace chunk.
 *
 * `scan` finds new traces, data streams and metadata. A rotation moves the current chunk to a directory in `archives`;
 * data streams go on in new files of the same names. Files that are older than the first scan and lie in archives are
 * left out.
 */
export class FollowedDirectory {
  readonly #root: string;
  readonly #reader: LiveReader;
  readonly #streamName: (file: string) => string;
  /** By the path in the trace chunk. */
  readonly #traces = new Map<string, FollowedTrace>();
  readonly #readArchives: Set<string>;

  /** @param streamName the name that the files of one data stream have in common */
  constructor(root: string, reader: LiveReader, streamName: (file: string) => string = (file) => file) {
    this.#root = root;
    this.#reader = reader;
    this.#streamName = streamName;
    this.#readArchives = new Set(this.#archives());
  }

  /** Adds traces, data streams, files and metadata that are new. */
  scan(): void {
    // A file may be made and archived between two scans.
    for (const archive of this.#archives()) {
      if (this.#readArchives.has(archive)) continue;
      const chunk = path.join(this.#root, ARCHIVES, archive);
      const traces = tracesIn(chunk);
      for (const trace of traces) this.#scanTrace(chunk, trace);
      // Without traces, the rotation is about to move them here.
      if (traces.length > 0) this.#readArchives.add(archive);
    }
    for (const trace of tracesIn(this.#root)) this.#scanTrace(this.#root, trace);
  }

  #archives(): string[] {
    return absentAsUndefined(() => fs.readdirSync(path.join(this.#root, ARCHIVES)).sort()) ?? [];
  }

  /** Whether any file was found. */
  get isEmpty(): boolean {
    return [...this.#traces.values()].every(({ streams }) => streams.size === 0);
  }

  /** Declares that data streams whose bytes were all read have no message before a time. */
  setQuiet(until: Instant): void {
    for (const { growing, live } of this.#streams()) live.quietUntil = growing.isRead ? until : undefined;
  }

  /** Nothing is written any more. */
  end(): void {
    this.scan();
    for (const { growing } of this.#streams()) growing.end();
    for (const { live } of this.#traces.values()) live.endMetadata();
    this.#reader.end();
  }

  close(): void {
    for (const { growing } of this.#streams()) growing.close();
  }

  *#streams(): Generator<FollowedStream> {
    for (const { streams } of this.#traces.values()) yield* streams.values();
  }

  #scanTrace(chunk: string, { path: directory, metadataPath, dataPaths }: TraceDirectory): void {
    const place = path.relative(chunk, directory);
    let trace = this.#traces.get(place);
    if (trace === undefined) {
      trace = { live: this.#reader.addTrace(place), metadata: undefined, streams: new Map() };
      this.#traces.set(place, trace);
    }
    readMetadata(trace, metadataPath);
    const files = dataPaths.flatMap((file) => {
      const stat = absentAsUndefined(() => fs.statSync(systemPath(file)));
      return stat === undefined ? [] : [{ file, stat }];
    });
    // Files of one data stream are written one after the other.
    files.sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
    for (const { file, stat } of files) addFile(trace, this.#streamName(path.basename(file)), file, stat);
  }
}

/** The traces of a trace chunk, which are in directories of domains. */
function tracesIn(chunk: string): TraceDirectory[] {
  const domains = absentAsUndefined(() => fs.readdirSync(chunk)) ?? [];
  return domains
    .filter((name) => name !== ARCHIVES && !name.startsWith('.'))
    .flatMap((name) => {
      try {
        return findTraceDirectories(path.join(chunk, name), { onError: () => {} });
      } catch (error) {
        // There is no trace yet, or a rotation has moved it.
        if (error instanceof RingtailError) return [];
        throw error;
      }
    });
}

/** Reads the metadata if it has changed. */
function readMetadata(trace: FollowedTrace, file: string): void {
  const stat = absentAsUndefined(() => fs.statSync(systemPath(file)));
  const version = stat && `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
  if (version === undefined || version === trace.metadata) return;
  const bytes = absentAsUndefined(() => readWholeFile(file, METADATA_BYTES_MAX));
  if (bytes === undefined) return;
  try {
    trace.live.setMetadata(bytes);
    trace.metadata = version;
  } catch (error) {
    // The last declaration is being written.
    if (!(error instanceof RingtailError)) throw error;
  }
}

function addFile(trace: FollowedTrace, name: string, file: string, { dev, ino, birthtimeMs }: fs.Stats): void {
  const known = trace.streams.get(name);
  const growing = known?.growing ?? new GrowingStream(file);
  const isThere = absentAsUndefined(() => {
    growing.add(file, `${dev}/${ino}/${birthtimeMs}`);
    return true;
  });
  if (isThere === undefined || known !== undefined) return;
  trace.streams.set(name, { growing, live: trace.live.addStream({ name: file, medium: growing }) });
}

/** The value of a function; undefined if a file is not there any more: a rotation may move files at any time. */
function absentAsUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
