import { isAbsolute, resolve } from 'node:path';
import { DEFAULT_GROUP } from '@ringtail/posix';
import { CliError } from '../errors/cli-error.ts';
import type { OutputStream } from './visible-stream.ts';

/** Settings from the options before the command. */
export interface GeneralSettings {
  /** Unix group whose members use root's session daemon. */
  readonly group: string;
  /** Whether `create` starts a session daemon if none runs. */
  readonly spawn: boolean;
  /** Main module of the session daemon to start; null for the installed one. */
  readonly sessiondPath: string | null;
  /** Whether nothing is written for people, not even errors. */
  readonly quiet: boolean;
  /** Number of `-v` options. */
  readonly verbosity: number;
}

export const DEFAULT_SETTINGS: GeneralSettings = {
  group: DEFAULT_GROUP,
  spawn: true,
  sessiondPath: null,
  quiet: false,
  verbosity: 0,
};

/** The environment of a sub-command: variables, user, clock, streams and settings. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** Groups of this process. */
  readonly gids: readonly number[];
  /** Working directory, to which relative paths refer; null where it was removed. */
  readonly cwd: string | null;
  readonly now: () => Date;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly settings: GeneralSettings;
}

/**
 * The absolute path of a path on the command line.
 *
 * @throws {CliError} `NO_WORKING_DIRECTORY` for a relative path where the working directory was removed
 */
export function absolutePath({ cwd }: Pick<Context, 'cwd'>, path: string): string {
  if (cwd !== null || isAbsolute(path)) return resolve(cwd ?? '/', path);
  throw new CliError(
    'NO_WORKING_DIRECTORY',
    `${path} is a relative path, and the working directory was removed`,
    'write the whole path, or cd to a directory that is there',
  );
}
