import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import { StreamDrain, type StreamDrainOptions } from '../drain/stream-drain.ts';
import { DataStreamFile } from '../output/files/data-stream-file.ts';
import { systemCalls } from '../output/files/file-calls.ts';
import { METADATA_BYTES_MAX } from '../output/files/metadata-file.ts';
import { SnapshotStreamFile } from '../output/files/snapshot-stream-file.ts';
import { ensureTraceDirectory } from '../output/files/trace-directory.ts';
import { traceUuidOf, wholeBlocks } from '../output/metadata-parts.ts';
import { noStatistics, type StreamStatistics, sumStatistics } from '../output/stream-statistics.ts';
import { atOnce } from '../output/sync-or-async.ts';
import { Problems } from '../session/problems.ts';
import { copySource } from '../snapshot/copy-source.ts';
import type { PacketSource } from '../source/packet-source.ts';
import { openOrphanedRing } from '../source/ring/orphaned-ring.ts';
import { SourceError } from '../source/source-error.ts';

export interface RecoveredTrace {
  /** Directory of its rings and of the copy of its metadata. */
  readonly ringDirectory: string;
  /** Directory of the recovered trace. */
  readonly directory: string;
  /** Number of rings found, including damaged and empty ones. */
  readonly rings: number;
  /**
   * `dataStreams` counts rings that were not empty; `troubles` names rings that were skipped or given up, with the
   * reason.
   */
  readonly statistics: SessionStatistics;
}

export interface RecoveryReport {
  readonly traces: readonly RecoveredTrace[];
}

const RING_SUFFIX = '.ring';
const DEPTH_MAX = 8;
const DIRECTORIES_MAX = 10_000;

/**
 * Makes traces of the rings of a crashed session. Every directory below `shmDirectory` with a `metadata` file and
 * `*.ring` files becomes a trace at the same place below `outputDirectory`. Every ring that is not empty becomes a data
 * stream.
 *
 * The traces hold the events that were committed and that no consumer released, oldest first. In discard mode the trace
 * directory of the session lacks exactly these events, except for a packet that a consumer wrote just before it died,
 * which is in both. In overwrite mode some of them were overwritten. A flight recorder, and a session without a
 * consumer, gives its rings whole. Both directories together are the session.
 *
 * Rings are only read, so that they can be recovered again. A damaged ring gives its events up to the damage, is
 * reported in `troubles`, and does not disturb the others.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED` if `outputDirectory` has such a trace already or cannot be trusted,
 *   `NOT_WRITTEN` if it cannot be written to; `NO_TRACE` if `shmDirectory` holds no rings, or cannot be read
 */
export function recoverRings(shmDirectory: string, outputDirectory: string): RecoveryReport {
  const ringDirectories = findRingDirectories(shmDirectory);
  if (ringDirectories.length === 0) {
    throw new ConsumerError('NO_TRACE', `${shmDirectory} holds no directory with a metadata file and ring files`);
  }
  const traces = ringDirectories.map((ringDirectory) =>
    recoverTrace(ringDirectory, outputDirectory, relative(shmDirectory, ringDirectory)),
  );
  return { traces };
}

function recoverTrace(ringDirectory: string, output: string, tracePath: string): RecoveredTrace {
  const directory = join(output, tracePath);
  const problems = new Problems(() => {});
  const streams: StreamStatistics[] = [];
  const ringNames = filesIn(ringDirectory).filter((name) => name.endsWith(RING_SUFFIX));
  try {
    const traceUuid = copyMetadata(join(ringDirectory, 'metadata'), directory, output);
    for (const [streamInstanceId, name] of ringNames.entries()) {
      const path = join(ringDirectory, name);
      try {
        streams.push(recoverRing(path, directory, traceUuid, streamInstanceId, problems));
      } catch (error) {
        if (!(error instanceof SourceError) && errnoOf(error) === undefined) throw error;
        problems.add(`${path} was skipped: ${describeError(error)}`);
      }
    }
  } catch (error) {
    if (!(error instanceof ConsumerError)) throw error;
    throw error.within(ringDirectory);
  }
  return { ringDirectory, directory, rings: ringNames.length, statistics: sumStatistics(streams, problems.list()) };
}

/** Copies the whole blocks of a metadata file into a new trace directory, and returns the trace's UUID. */
function copyMetadata(path: string, directory: string, output: string): string {
  const text = wholeBlocks(readMetadata(path));
  const uuid = traceUuidOf(text);
  if (uuid === undefined) throw new ConsumerError('DIRECTORY_REFUSED', `${path} is no metadata of a trace`);
  ensureTraceDirectory(directory, output);
  try {
    writeFileSync(join(directory, 'metadata'), text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new ConsumerError('NOT_WRITTEN', `cannot make a trace: ${(error as Error).message}`, { cause: error });
  }
  return uuid;
}

/** The owner of the directory of ring files may put a FIFO or a device in the place of the file at any moment. */
function readMetadata(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new ConsumerError('DIRECTORY_REFUSED', `${path} is not a file`);
    if (stats.size > METADATA_BYTES_MAX) {
      throw new ConsumerError('DIRECTORY_REFUSED', `${path} is longer than ${METADATA_BYTES_MAX} bytes`);
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function recoverRing(
  path: string,
  directory: string,
  traceUuid: string,
  streamInstanceId: number,
  problems: Problems,
): StreamStatistics {
  const ring = openOrphanedRing({ path, bytes: statSync(path).size, traceUuid, streamInstanceId });
  try {
    const { identity, content } = ring;
    const name = basename(path, RING_SUFFIX);
    const owner = `${ring.owner}, ${path},`;
    if (content.of === 'flight recorder') {
      ensureTraceDirectory(join(directory, 'index'), directory);
      const stream = new SnapshotStreamFile(directory, name, identity, systemCalls);
      const statistics = noStatistics();
      const onDamaged = (error: SourceError) =>
        problems.add(`a ring of ${owner} was given up: ${describeError(error)}`);
      const turns = copySource({ source: content.source, stream, statistics, onDamaged });
      while (!turns.next().done);
      return statistics;
    }
    return drainWhole(content.source, {
      output: new DataStreamFile({ directory, name, identity, calls: systemCalls }),
      owner,
      onProblem: (sentence) => problems.add(sentence),
    });
  } finally {
    ring.close();
  }
}

function drainWhole(
  source: PacketSource,
  options: Pick<StreamDrainOptions, 'output' | 'owner' | 'onProblem'>,
): StreamStatistics {
  const drain = atOnce(
    StreamDrain.open({ ...options, source, nowMs: () => 0, nowCycles: () => undefined, onDamaged: () => {} }),
  );
  atOnce(drain.finish());
  return drain.statistics;
}

function findRingDirectories(root: string): string[] {
  const found: string[] = [];
  let directories = [root];
  let seen = 0;
  for (let depth = 0; depth < DEPTH_MAX && directories.length > 0; depth++) {
    const below: string[] = [];
    for (const directory of directories) {
      const entries = entriesOf(directory);
      const files = entries.filter((entry) => isRegularFile(directory, entry)).map((entry) => entry.name);
      if (files.includes('metadata') && files.some((name) => name.endsWith(RING_SUFFIX))) found.push(directory);
      below.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name)));
      seen += 1;
      if (seen > DIRECTORIES_MAX) throw new ConsumerError('DIRECTORY_REFUSED', `${root} holds too many directories`);
    }
    directories = below;
  }
  return found.sort();
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const sentence =
      errnoOf(error) === 'ENOENT'
        ? `there is no directory ${directory}`
        : `cannot read ring files: ${describeError(error)}`;
    throw new ConsumerError('NO_TRACE', sentence, { cause: error });
  }
}

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries
    .filter((entry) => isRegularFile(directory, entry))
    .map((entry) => entry.name)
    .sort();
}

/** Whether an entry is a regular file or a link to one: people collect ring files in directories of links. */
function isRegularFile(directory: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(join(directory, entry.name), { throwIfNoEntry: false })?.isFile() === true;
}
