import { existsSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, directoryDate, isAbsence } from '@ringtail/base';
import { ensureDirectory, homeDirectory, processTrust } from '@ringtail/posix';
import { DOMAIN_DIRECTORIES } from '@ringtail/protocol';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';

/** The default directory of traces. */
export function tracesDirectory(context: Context): string {
  return join(homeDirectory(context.env), 'ringtail-traces');
}

/** `NAME-YYYYmmdd-HHMMSS` for the current time, with `-2`, `-3`, … if that directory exists. */
export function newTraceName(context: Context, name: string): string {
  const base = `${name}-${directoryDate(context.now())}`;
  for (let attempt = 1; ; attempt++) {
    const candidate = attempt === 1 ? base : `${base}-${attempt}`;
    if (!existsSync(join(tracesDirectory(context), candidate))) return candidate;
  }
}

/**
 * The absolute path of a named trace directory, which is created if it does not exist.
 *
 * @throws {CliError} `OUTPUT_NOT_EMPTY` if it is not empty: two traces in one directory would be read as one
 * @throws {DirectoryRefused} if the environment's list of trusted users is malformed
 */
export function prepareTraceDirectory(context: Context, path: string): string {
  const directory = absolutePath(context, path);
  const trust = processTrust(context.env);
  try {
    ensureDirectory(directory, { mode: 0o700, trust });
    if (readdirSync(directory).length === 0) return directory;
  } catch (error) {
    throw new CliError('OUTPUT_NOT_WRITABLE', `cannot use ${directory} for the trace: ${describeError(error)}`);
  }
  throw new CliError('OUTPUT_NOT_EMPTY', `${directory} is not empty`, 'name a new directory, or remove that one first');
}

/** Removes a trace directory in which nothing was written; a session that was started has made directories in it. */
export function removeIfEmpty(directory: string): void {
  for (const path of [...DOMAIN_DIRECTORIES.map((name) => join(directory, name)), directory]) {
    try {
      rmdirSync(path);
    } catch {
      // It holds the trace, or does not exist.
    }
  }
}

/**
 * The directory of the newest trace under the home directory.
 *
 * @throws {CliError} `NO_TRACE` if there is none.
 */
export function lastTrace(context: Context): string {
  const directory = tracesDirectory(context);
  let newest: { path: string; time: number } | undefined;
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() && (newest === undefined || stat.mtimeMs > newest.time)) {
      newest = { path, time: stat.mtimeMs };
    }
  }
  if (newest !== undefined) return newest.path;
  throw new CliError(
    'NO_TRACE',
    `there is no trace in ${directory}`,
    'name one: ringtail view DIR; or make one: ringtail record node app.js',
  );
}

/** The names in the directory of traces, as far as it can be read. Some may not be traces. */
export function namesOfTraces(context: Context): string[] {
  return namesIn(tracesDirectory(context)).filter((name) => !name.startsWith('.'));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
