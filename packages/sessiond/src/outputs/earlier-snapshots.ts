import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAbsence, RingtailError } from '@ringtail/base';
import { parseMetadata } from '@ringtail/ctf';
import { asUser, checkDirectory, pathOf, withDirectory } from '@ringtail/posix';
import type { Owner } from '../model/owner.ts';

/** A snapshot that an earlier session recorded. */
export interface EarlierSnapshot {
  readonly path: string;
  /** Time of the last change of its directory, in milliseconds since 1970. */
  readonly completedMs: number;
}

export interface SearchedOutput {
  /** Directory of the snapshot output. */
  readonly path: string;
  /** Name of the output, with which the directories of its snapshots begin. */
  readonly name: string;
  readonly session: string;
}

const METADATA = 'metadata';
/** Longer metadata is not read. */
const METADATA_BYTES_MAX = 16 * 1024 ** 2;
/** Levels of directories from a snapshot to the metadata of a trace. */
const LEVELS_MAX = 5;

/**
 * Finds the snapshots in an output that an earlier session of the same name has recorded on this machine, before a
 * restart of the session daemon. The oldest are first.
 *
 * The name of a directory is not enough: sessions may share an output, and the user may have named a directory so. The
 * metadata of a trace in it has to name the session, the machine and Ringtail.
 *
 * @throws {DirectoryRefused} or the system's error
 */
export function earlierSnapshots(
  { path, name, session }: SearchedOutput,
  owner: Owner,
  onStep: () => void = () => {},
): EarlierSnapshot[] {
  const recovered = `${session.replaceAll('/', '_')}-recovered`;
  return asUser(owner, () => {
    // The first snapshot makes the directory.
    if (!checkDirectory(path, { followLast: false })) return [];
    return withDirectory(path, { followLast: false }, (directory) =>
      readdirSync(pathOf(directory))
        .filter((entry) => isSnapshotName(entry, name) || isRecoveredName(entry, recovered))
        .flatMap((entry) => {
          onStep();
          const place = pathOf(directory, entry);
          const stats = lstatSync(place, { throwIfNoEntry: false });
          if (!stats?.isDirectory() || stats.uid !== process.geteuid?.() || !isOf(session, place)) return [];
          return [{ path: join(path, entry), completedMs: stats.mtimeMs }];
        })
        .sort((a, b) => a.completedMs - b.completedMs),
    );
  });
}

function isSnapshotName(entry: string, name: string): boolean {
  return entry.startsWith(`${name}-`) && /^\d{8}-\d{6}-\d+$/.test(entry.slice(name.length + 1));
}

function isRecoveredName(entry: string, name: string): boolean {
  return entry.startsWith(`${name}-`) && /^\d{8}-\d{6}(-\d+)?$/.test(entry.slice(name.length + 1));
}

function isOf(session: string, snapshot: string): boolean {
  const metadata = metadataIn(snapshot, LEVELS_MAX);
  if (metadata === undefined) return false;
  try {
    const { environment } = parseMetadata(readFileSync(metadata));
    const isOurs = environment.get('tracer_name') === 'ringtail' && environment.get('hostname') === hostname();
    return isOurs && environment.get('trace_name') === session;
  } catch (error) {
    if (error instanceof RingtailError || isAbsence(error)) return false;
    throw error;
  }
}

/** The metadata file of the first trace in a directory. */
function metadataIn(directory: string, levels: number): string | undefined {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isFile() && entry.name === METADATA) {
      return (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) <= METADATA_BYTES_MAX ? path : undefined;
    }
    const inner = entry.isDirectory() && levels > 0 ? metadataIn(path, levels - 1) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}
