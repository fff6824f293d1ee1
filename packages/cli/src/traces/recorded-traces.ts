import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, isAbsence, RingtailError } from '@ringtail/base';
import { isOutputOfSession } from '@ringtail/posix';
import { DOMAIN_DIRECTORIES, type SessionDescription, STATE_DIRECTORY } from '@ringtail/protocol';
import { openTraces, sampleEvents } from '@ringtail/reader';

/** Bytes that are decoded to count the events of a trace. */
const SAMPLED_BYTES_MAX = 4 * 1024 ** 2;

/**
 * `recorded`: a session records into it. `open`: a session that does not record now writes to it. `cut short`: the
 * daemons ended before the session did.
 */
export type TraceState = 'complete' | 'recorded' | 'open' | 'cut short';

/** A directory with the traces of one recording. */
export interface RecordedTrace {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Bytes of all its files. */
  readonly bytes: number;
  /** Time of the last write into it, in milliseconds since 1970. */
  readonly writtenMs: number;
  readonly state: TraceState;
  /** Session that writes to it; null where there is none, or where another daemon has it. */
  readonly session: string | null;
  readonly content: TraceContent;
}

/** Content of a trace, from the headers of its packets and a sample of its events. */
export interface TraceContent {
  /** Begin of the first packet and end of the last one, in nanoseconds since 1970; null where packets lack them. */
  readonly beginNs: bigint | null;
  readonly endNs: bigint | null;
  /** Null where it cannot be known. */
  readonly events: { readonly count: number; readonly isExact: boolean } | null;
  readonly programs: readonly string[];
  /** Reason why the traces, or some of them, cannot be read. */
  readonly problem: string | null;
}

const EMPTY: TraceContent = { beginNs: null, endNs: null, events: null, programs: [], problem: null };

/** A trace without its content, which takes longer. */
export type FoundTrace = Omit<RecordedTrace, 'content'>;

/**
 * The traces in a directory, in the order of their last write. Links and hidden entries are left out.
 *
 * @param sessions of the daemon
 * @throws the system's error
 */
export function tracesIn(directory: string, sessions: readonly SessionDescription[]): FoundTrace[] {
  const found = entriesOf(directory)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => traceAt(join(directory, name), name, sessions) ?? []);
  return found.sort((a, b) => a.writtenMs - b.writtenMs);
}

/** Undefined if the directory holds no trace. */
function traceAt(path: string, name: string, sessions: readonly SessionDescription[]): FoundTrace | undefined {
  const files = { bytes: 0, writtenMs: 0, hasTrace: false };
  sumFiles(path, files);
  if (!files.hasTrace) return undefined;
  const session = sessions.find(({ output, snapshotOutputs }) =>
    [output, ...snapshotOutputs.map((one) => one.path)].includes(path),
  );
  const { bytes, writtenMs } = files;
  return { name, path, bytes, writtenMs, state: stateOf(path, session), session: session?.name ?? null };
}

function stateOf(path: string, session: SessionDescription | undefined): TraceState {
  if (session !== undefined) return session.active ? 'recorded' : 'open';
  if (isOutputOfSession(path)) return 'recorded';
  return lstatSync(join(path, STATE_DIRECTORY), { throwIfNoEntry: false }) === undefined ? 'complete' : 'cut short';
}

function sumFiles(directory: string, sum: { bytes: number; writtenMs: number; hasTrace: boolean }): void {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    sum.writtenMs = Math.max(sum.writtenMs, stats.mtimeMs);
    // A session that was started has such a directory, also without a trace in it.
    if (entry.isDirectory() && (DOMAIN_DIRECTORIES as readonly string[]).includes(entry.name)) sum.hasTrace = true;
    if (entry.isDirectory()) sumFiles(path, sum);
    else {
      sum.bytes += stats.size;
      if (entry.name === 'metadata') sum.hasTrace = true;
    }
  }
}

/** None where the directory is absent by now. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** Reads the headers of the packets of a trace, and counts the events of a sample. */
export function contentOf(trace: FoundTrace): TraceContent {
  let problem: string | null = null;
  const onError = (error: RingtailError) => {
    problem ??= describeError(error);
  };
  try {
    const reader = openTraces(trace.path, { onError, keepGoing: true });
    try {
      const streams = reader.traces.flatMap((one) => one.streams);
      const packets = streams.flatMap(({ index }) => index.packets);
      const sample = sampleEvents(streams, SAMPLED_BYTES_MAX);
      return {
        beginNs: extreme(
          packets.map(({ beginNs }) => beginNs),
          (a, b) => a < b,
        ),
        endNs: extreme(
          packets.map(({ endNs }) => endNs),
          (a, b) => a > b,
        ),
        events: sample === undefined ? null : { count: sample.count, isExact: sample.isExact },
        programs: sample?.programs ?? [],
        problem,
      };
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof RingtailError)) throw error;
    // A session that recorded nothing has no metadata.
    if (error.code === 'NO_TRACE') return { ...EMPTY, events: { count: 0, isExact: true } };
    return { ...EMPTY, problem: describeError(error) };
  }
}

function extreme(values: readonly (bigint | undefined)[], isBetter: (a: bigint, b: bigint) => boolean): bigint | null {
  let best: bigint | null = null;
  for (const value of values) {
    if (value !== undefined && (best === null || isBetter(value, best))) best = value;
  }
  return best;
}
