import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { didYouMean } from '@ringtail/base/text';
import { CtlError } from '@ringtail/ctl';
import type { SessionDescription } from '@ringtail/protocol';
import { absolutePath, type Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { warn } from '../output/report.ts';
import { readCurrentSession } from '../session/current-session.ts';
import { lastTrace, tracesDirectory } from '../session/trace-directory.ts';

/** A trace that an argument of a command names. */
export interface FoundTrace {
  /** Absolute. */
  readonly path: string;
  /** The session that writes it; undefined where a path or a destroyed session was named. */
  readonly session: SessionDescription | undefined;
}

/**
 * The directories of the traces that the arguments of a command name, see `findTraces`. Warns of sessions that still
 * record.
 *
 * @throws {CliError} `NO_TRACE`
 */
export async function tracesOf(context: Context, words: readonly string[]): Promise<string[]> {
  const found = await findTraces(context, words);
  for (const { session } of found) {
    if (session === undefined || !session.active || session.snapshot) continue;
    warn(
      context,
      `Session ${session.name} is running: what is shown is what has been written so far; stop it to see all`,
    );
  }
  return found.map(({ path }) => path);
}

/**
 * Finds the traces that the arguments of a command name: paths, or sessions, including destroyed sessions that wrote to
 * `ringtail-traces`. Without arguments: the current session, else the newest trace at home.
 *
 * An argument with a slash is a path; another argument is an existing session first.
 *
 * @throws {CliError} `NO_TRACE`
 */
export async function findTraces(context: Context, words: readonly string[]): Promise<FoundTrace[]> {
  const names = words.length === 0 ? [readCurrentSession(context)] : words;
  const asked = names.filter((name) => name !== undefined && !name.includes('/'));
  const sessions = asked.length === 0 ? [] : await runningSessions(context);
  if (words.length === 0) {
    const current = sessions.find(({ name }) => name === names[0]);
    return [current === undefined ? { path: lastTrace(context), session: undefined } : traceOf(current)];
  }
  return words.map((word) => {
    const session = sessions.find(({ name }) => name === word);
    if (session !== undefined && !word.includes('/')) return traceOf(session);
    const path = context.cwd === null && !isAbsolute(word) ? undefined : absolutePath(context, word);
    if (path !== undefined && existsSync(path)) return { path, session: undefined };
    const past = pastTrace(context, word);
    if (past === undefined && !word.includes('/')) throw noSuchTrace(context, word, sessions);
    return { path: past ?? absolutePath(context, word), session: undefined };
  });
}

function noSuchTrace(context: Context, name: string, sessions: readonly SessionDescription[]): CliError {
  const directory = tracesDirectory(context);
  const past = namesIn(directory).map((entry) => ({ entry, session: sessionOf(entry) }));
  const names = [
    ...sessions.map((session) => session.name),
    ...past.flatMap(({ entry, session }) => [entry, session]),
    ...(context.cwd === null ? [] : namesIn(context.cwd)),
  ];
  return new CliError(
    'NO_TRACE',
    `"${name}" is no session, no directory, and no trace in ${directory}`,
    `${didYouMean(name, names)}ringtail list names the sessions`,
  );
}

/** None where the directory cannot be read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The sessions of the daemon; none where no daemon runs. */
export async function runningSessions(context: Context): Promise<readonly SessionDescription[]> {
  try {
    return await withDaemon(context, (client) => client.listSessions());
  } catch (error) {
    if (error instanceof CliError || error instanceof CtlError) return [];
    throw error;
  }
}

function traceOf(session: SessionDescription): FoundTrace {
  if (session.output !== null) return { path: session.output, session };
  throw new CliError(
    'NO_TRACE',
    `session "${session.name}" writes no trace`,
    session.snapshot ? 'ringtail snapshot record DIR writes one' : 'it was created with --no-output',
  );
}

/** The newest directory that `create` made for a session of this name. */
function pastTrace(context: Context, name: string): string | undefined {
  const directory = tracesDirectory(context);
  if (name.includes('/')) return undefined;
  const newest = namesIn(directory)
    .filter((entry) => entry === name || sessionOf(entry) === name)
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(directory, newest);
}

/** The name of the session that a trace directory is of: its name without the date. */
function sessionOf(entry: string): string {
  return entry.replace(/-\d{8}-\d{6}(-\d+)?$/, '');
}
