import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CtlError } from '@ringtail/ctl';
import type { SessionDescription } from '@ringtail/protocol';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { warn } from '../output/report.ts';
import { absolutePath, type Context } from '../program/context.ts';
import { readCurrentSession } from '../session/current-session.ts';
import { lastTrace, tracesDirectory } from '../session/trace-directory.ts';

/**
 * The directories of the traces that the arguments of a command name: paths, or sessions, including destroyed sessions
 * that wrote to `ringtail-traces`. Without arguments: the current session, else the newest trace at home.
 *
 * An argument with a slash is a path; another argument is an existing session first.
 *
 * @throws {CliError} `NO_TRACE`
 */
export async function tracesOf(context: Context, words: readonly string[]): Promise<string[]> {
  const names = words.length === 0 ? [readCurrentSession(context)] : words;
  const asked = names.filter((name) => name !== undefined && !name.includes('/'));
  const sessions = asked.length === 0 ? [] : await runningSessions(context);
  if (words.length === 0) {
    const current = sessions.find(({ name }) => name === names[0]);
    return [current === undefined ? lastTrace(context) : outputOf(context, current)];
  }
  return words.map((word) => {
    const session = sessions.find(({ name }) => name === word);
    if (session !== undefined && !word.includes('/')) return outputOf(context, session);
    const path = context.cwd === null && !isAbsolute(word) ? undefined : absolutePath(context, word);
    if (path !== undefined && existsSync(path)) return path;
    return pastTrace(context, word) ?? absolutePath(context, word);
  });
}

/** The sessions of the daemon; none where no daemon runs. */
async function runningSessions(context: Context): Promise<readonly SessionDescription[]> {
  try {
    return await withDaemon(context, (client) => client.listSessions());
  } catch (error) {
    if (error instanceof CliError || error instanceof CtlError) return [];
    throw error;
  }
}

function outputOf(context: Context, session: SessionDescription): string {
  if (session.output === null) {
    throw new CliError(
      'NO_TRACE',
      `session "${session.name}" writes no trace`,
      session.snapshot ? 'ringtail snapshot record DIR writes one' : 'it was created with --no-output',
    );
  }
  if (session.active && !session.snapshot) {
    warn(
      context,
      `Session ${session.name} is running: what is shown is what has been written so far; stop it to see all`,
    );
  }
  return session.output;
}

/** The newest directory that `create` made for a session of this name. */
function pastTrace(context: Context, name: string): string | undefined {
  const directory = tracesDirectory(context);
  if (name.includes('/') || !existsSync(directory)) return undefined;
  const newest = readdirSync(directory)
    .filter(
      (entry) =>
        entry === name || (entry.startsWith(`${name}-`) && /^\d{8}-\d{6}(-\d+)?$/.test(entry.slice(name.length + 1))),
    )
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(directory, newest);
}
