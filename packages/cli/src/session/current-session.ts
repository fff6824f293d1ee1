import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, isAbsence } from '@ringtail/base';
import { makeDirectories, temporaryBeside } from '@ringtail/base/files';
import { CtlError } from '@ringtail/ctl';
import { homeDirectory } from '@ringtail/posix';
import type { Context } from '../context/context.ts';
import { foreignHomeHint } from '../context/foreign-home.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { shellQuote } from '../output/quantity.ts';
import { warn } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';

/** Names in the next step of a command without a session. */
const NAMES_SHOWN_MAX = 20;

/** File with the current session's name, as `session=NAME`. */
function currentSessionFile(context: Context): string {
  return join(homeDirectory(context.env), '.ringtailrc');
}

export function readCurrentSession(context: Context): string | undefined {
  try {
    return /^session=(.+)$/m.exec(readFileSync(currentSessionFile(context), 'utf8'))?.[1]?.trim();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * Makes `name` the current session.
 *
 * A new file replaces the old file in one step: another command reads one or the other, and a planted symbolic link is
 * replaced, not followed.
 *
 * @throws {CliError} `FILE_NOT_WRITTEN` with the file and the reason, such as a disk that is full.
 */
export function writeCurrentSession(context: Context, name: string): void {
  const path = currentSessionFile(context);
  const temporary = temporaryBeside(path);
  try {
    makeDirectories(dirname(path), 0o700);
    writeFileSync(temporary, `session=${name}\n`, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new CliError('FILE_NOT_WRITTEN', `cannot write ${path}: ${describeError(error)}`);
  }
}

/**
 * Makes a new session the current one. The session exists even if its name cannot be written: as in LTTng, that is a
 * warning.
 */
export function makeCurrentSession(context: Context, name: string): Outcome | undefined {
  try {
    writeCurrentSession(context, name);
    return undefined;
  } catch (error) {
    warn(context, `session ${name} is not the current one: ${describeError(error)}`);
    const hint = foreignHomeHint(context, describeError(error));
    if (hint !== undefined) warn(context, hint);
    warn(context, `name it with -s ${name}, or make it the current one later: ringtail set-session ${name}`);
    return { code: ExitCode.WARNING };
  }
}

/** Forgets the current session if it is `name`. */
export function forgetCurrentSession(context: Context, name: string): void {
  if (readCurrentSession(context) === name) rmSync(currentSessionFile(context), { force: true });
}

/**
 * The session of a command: the named one, else the current one.
 *
 * @throws {CliError} `NO_SESSION` if there is neither, with the names of the sessions that exist
 */
export async function sessionNamed(context: Context, name: string | undefined): Promise<string> {
  const session = name ?? readCurrentSession(context);
  if (session !== undefined) return session;
  const [first, ...others] = await existingSessions(context);
  const hint =
    first === undefined
      ? 'make one with: ringtail create NAME'
      : `sessions: ${[first, ...others].slice(0, NAMES_SHOWN_MAX).join(', ')}; choose one with: ringtail set-session ${shellQuote(first)}`;
  throw new CliError('NO_SESSION', 'there is no current session', hint);
}

/** Names of sessions; none if no session daemon answers. */
async function existingSessions(context: Context): Promise<string[]> {
  try {
    return await withDaemon(context, async (client) => (await client.listSessions()).map(({ name }) => name));
  } catch (error) {
    if (error instanceof CliError || error instanceof CtlError) return [];
    throw error;
  }
}
