import { join } from 'node:path';
import { NO_STATISTICS, type SessionStatistics, SNAPSHOT_NOTE } from '@ringtail/protocol';
import { closeQuietly, type FileCalls, openTraceFile, startOf, writeWhole } from './file-calls.ts';

const NOTE_BYTES_MAX = 1024 * 1024;

/** @throws the system's error */
export function writeNote(directory: string, statistics: SessionStatistics, calls: FileCalls): void {
  const descriptor = openTraceFile(join(directory, SNAPSHOT_NOTE));
  try {
    writeWhole(calls, descriptor, [Buffer.from(`${JSON.stringify(statistics)}\n`, 'utf8')], 0);
  } finally {
    closeQuietly(descriptor);
  }
}

/** The statistics of the snapshot in `directory`, or undefined where no snapshot of ours is. */
export function readNote(directory: string): SessionStatistics | undefined {
  let json: unknown;
  try {
    json = JSON.parse(startOf(join(directory, SNAPSHOT_NOTE), NOTE_BYTES_MAX));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { wrongValues: _, troubles: __, ...counts } = NO_STATISTICS;
  const found = json as Record<string, unknown>;
  const areCounts = Object.keys(counts).every((name) => Number.isSafeInteger(found[name]));
  const foundTroubles = found.troubles;
  if (!areCounts || !Array.isArray(foundTroubles)) return undefined;
  if (!foundTroubles.every((trouble) => typeof trouble === 'string')) return undefined;
  return { ...found, wrongValues: [] } as unknown as SessionStatistics;
}
