import type { LoadedPosix } from '@ringtail/posix';

/** `warning`: something does less than it could; `problem`: something does not work. */
export type CheckState = 'ok' | 'warning' | 'problem';

/** What the doctor says of one thing. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  readonly state: CheckState;
  /** What was found, a sentence without its full stop. */
  readonly what: string;
  /** What to do about it; null where there is nothing to be done. */
  readonly fix: string | null;
}

export function fine(name: string, what: string): Check {
  return { name, state: 'ok', what, fix: null };
}

export function warning(name: string, what: string, fix: string): Check {
  return { name, state: 'warning', what, fix };
}

export function problem(name: string, what: string, fix: string): Check {
  return { name, state: 'problem', what, fix };
}

export interface PathFacts {
  readonly kind: 'directory' | 'socket' | 'link' | 'file';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** The machine as checks see it. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly nodeVersion: string;
  readonly uid: number;
  readonly gids: readonly number[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly posix: LoadedPosix;
  /** The text of a file; undefined where it cannot be read. */
  textOf(path: string): string | undefined;
  /** What lies at a path, links not followed; undefined where nothing does that we may see. */
  lookAt(path: string): PathFacts | undefined;
  /** Size and free bytes of the file system of a path; undefined where there is none. */
  spaceOf(path: string): { readonly bytes: number; readonly freeBytes: number } | undefined;
  /** Why the clock addon cannot be loaded; null where it can. */
  clockAddonRefusal(): string | null;
  /** What a program says of its version; undefined where it is not there. */
  versionOf(program: string): string | undefined;
}
