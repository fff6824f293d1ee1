import type { LoadedPosix } from '@ringtail/posix';

/** `warning`: something works in part; `problem`: something does not work. */
export type CheckState = 'ok' | 'warning' | 'problem';

/** Result of one check. */
export interface Check {
  /** Subject of the check, in a word or two. */
  readonly name: string;
  readonly state: CheckState;
  /** Finding, a sentence without its full stop. */
  readonly what: string;
  /** Next step; null where nothing is to be done. */
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
  /** File at a path, links not followed; undefined where there is none, or it is hidden from us. */
  lookAt(path: string): PathFacts | undefined;
  /** Size and free bytes of the file system of a path; undefined where there is none. */
  spaceOf(path: string): { readonly bytes: number; readonly freeBytes: number } | undefined;
  /** Why the clock addon cannot be loaded; null where it can. */
  clockAddonRefusal(): string | null;
  /** Version that a program reports; undefined where the program is not installed. */
  versionOf(program: string): string | undefined;
}
