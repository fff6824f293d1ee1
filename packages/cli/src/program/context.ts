import { isAbsolute, resolve } from 'node:path';
import { DEFAULT_GROUP } from '@ringtail/posix';
import { CliError } from '../errors/cli-error.ts';
import type { OutputStream } from '../output/visible-stream.ts';

/** What the options before the command say to all commands. */
export interface GeneralSettings {
  /** Unix group whose members use root's session daemon. */
  readonly group: string;
  /** Whether `create` starts a session daemon if none runs. */
  readonly spawn: boolean;
  /** Main module of the session daemon to start; null for the one that is installed with us. */
  readonly sessiondPath: string | null;
  /** Nothing is written for people, not even errors. */
  readonly quiet: boolean;
  /** How often `-v` was given. */
  readonly verbosity: number;
}

export const DEFAULT_SETTINGS: GeneralSettings = {
  group: DEFAULT_GROUP,
  spawn: true,
  sessiondPath: null,
  quiet: false,
  verbosity: 0,
};

/** What a sub-command knows of the world around it. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** Groups of this process. */
  readonly gids: readonly number[];
  /** Working directory, against which relative paths are meant; null where it was removed. */
  readonly cwd: string | null;
  readonly now: () => Date;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly settings: GeneralSettings;
}

/**
 * A path as given on the command line, made absolute.
 *
 * @throws {CliError} `NO_WORKING_DIRECTORY` for a relative one where the working directory was removed
 */
export function absolutePath({ cwd }: Pick<Context, 'cwd'>, path: string): string {
  if (cwd !== null || isAbsolute(path)) return resolve(cwd ?? '/', path);
  throw new CliError(
    'NO_WORKING_DIRECTORY',
    `${path} is a relative path, and the working directory was removed`,
    'write the whole path, or cd to a directory that is there',
  );
}
