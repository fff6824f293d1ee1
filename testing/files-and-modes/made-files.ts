/** Files below a directory, with owner and mode, under names without numbers and dates. */
import { lstatSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Places by the beginnings of their paths, the longest first. A file without a place is not in the table. */
export type Places = readonly (readonly [path: RegExp, place: string])[];

export interface Made {
  readonly kind: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** By names in the table; several files may have one name. */
export type Found = readonly (readonly [name: string, made: Made])[];

/** Numbers, dates and names in paths, with their replacements, which are applied in order. */
const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/\d{8}T\d{6}[+-]\d{4}-\d{8}T\d{6}[+-]\d{4}-\d+/g, 'BEGIN-END-N'],
  [/\d{8}-\d{6}(-\d+)?/g, 'DATE'],
  [/\/uid\/\d+/g, '/uid/UID'],
  [/\/pid\/[^/]+?-\d+-DATE/g, '/pid/NAME-PID-DATE'],
  [/\b(fast|channel0)_\d+-\d+-\d+\.ring/g, 'CHANNEL_PID-TID-KEY.ring'],
  [/\b(fast|channel0)_\d+(-\d+-\d+|_\d+)?/g, 'CHANNEL_N'],
  [/[^/]+\.lttng/g, 'NAME.lttng'],
  [/(?<=\/)(?!NAME-PID)[^/]+-DATE\b/g, 'NAME-DATE'],
  // A trace has the same files at every place; ring files have a tree of their own.
  [/^(?!RINGS).*?\/(archives\/BEGIN-END-N\/)?ust\b/g, 'TRACE/ust'],
];

/** All files below a directory that have a place, by name in the table. */
export function madeBelow(directory: string, places: Places): Found {
  const made: [string, Made][] = [];
  for (const path of pathsBelow(directory)) {
    const name = nameOf(relative(directory, path), places);
    const stats = name === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (name !== undefined && stats !== undefined) made.push([name, madeOf(stats)]);
  }
  return made;
}

/** Memory files of a process without a path, by name in the table. */
export function memoryOf(pid: number): Found {
  const made: [string, Made][] = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const name = /^\/memfd:ringtail-(\w+)/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      const stats = name === undefined ? undefined : statSync(`/proc/${pid}/fd/${fd}`);
      if (stats !== undefined) made.push([`ringtail-${name}-TID`, { ...madeOf(stats), kind: 'memfd' }]);
    } catch {
      // It has been closed.
    }
  }
  return made;
}

function* pathsBelow(directory: string): Generator<string> {
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    // It has been removed, or is not a directory.
  }
  for (const name of names) {
    const path = join(directory, name);
    yield path;
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) yield* pathsBelow(path);
  }
}

function nameOf(path: string, places: Places): string | undefined {
  const [pattern, place] = places.find(([beginning]) => beginning.test(path)) ?? [];
  if (pattern === undefined) return undefined;
  return CHANCE.reduce((text, [chance, name]) => text.replace(chance, name), path.replace(pattern, `${place}`));
}

function madeOf(stats: Stats): Made {
  return { kind: kindOf(stats), uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 };
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSocket()) return 'socket';
  if (stats.isFIFO()) return 'FIFO';
  return stats.isSymbolicLink() ? 'link' : 'file';
}
