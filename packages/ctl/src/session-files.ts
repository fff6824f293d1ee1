import { existsSync, linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import { temporaryBeside } from '@ringtail/base/files';
import { DirectoryRefused, ensureDirectory, homeDirectory } from '@ringtail/posix';
import * as accounts from '@ringtail/posix/accounts';
import type { SessionDescription, TriggerDefinition, TriggerDescription } from '@ringtail/protocol';
import { parseSessionFile, printSessionFile, restoreRequests, type SavedSession } from '@ringtail/session-file';
import { readSessionFile } from '@ringtail/session-file/read';
import { type CtlError, ctlError } from './ctl-error.ts';
import type { SessionDaemonClient } from './session-daemon-client.ts';

const SUFFIX = '.lttng';
const SYSTEM_DIRECTORY = '/etc/ringtail/sessions';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where sessions are saved to: `.ringtail/sessions` at home. */
export function savedSessionsDirectory(env: Environment): string {
  return join(homeDirectory(env), '.ringtail', 'sessions');
}

/** Where saved sessions are looked for, first the user's own. */
export function savedSessionsDirectories(env: Environment): readonly string[] {
  return [savedSessionsDirectory(env), SYSTEM_DIRECTORY];
}

export interface SaveOptions {
  /** Names of sessions; null: all. */
  readonly sessions: readonly string[] | null;
  /** Directory for the files, each called after its session; made where it is absent. */
  readonly directory: string;
  /** Whether files that are there are written over. */
  readonly force?: boolean;
  /**
   * Whether each file also gets all triggers of this process's user, as with LTTng; true where it is absent. Those of others, which
   * root sees, are left out: whoever loads the file becomes their owner, and a program that they run would be root's.
   */
  readonly triggers?: boolean;
}

export interface SavedFile {
  readonly session: string;
  readonly path: string;
  /** What is left out. */
  readonly warnings: readonly string[];
}

/**
 * Writes sessions to files in LTTng's `.lttng` form, which `loadSessions` and mostly `lttng load` read. A file appears whole
 * or not at all, and is private.
 *
 * @throws {CtlError} `NO_SUCH_SESSION`, `FILE_EXISTS`, `FILE_NOT_WRITTEN`, or what the daemon answers
 */
export async function saveSessions(client: SessionDaemonClient, options: SaveOptions): Promise<SavedFile[]> {
  const { directory, force = false, triggers: withTriggers = true } = options;
  const sessions = chosen(await client.listSessions(), options.sessions);
  const all = withTriggers ? await client.listTriggers() : [];
  const triggers = all.filter(isOwn);
  const others = all.length - triggers.length;
  const warnings = others === 0 ? [] : [`triggers of other users are left out: ${others}`];
  try {
    ensureDirectory(directory, { mode: 0o700 });
    return sessions.map((session) => {
      const path = join(directory, `${session.name}${SUFFIX}`);
      writeAtOnce(path, printSessionFile([session], triggers), force);
      return { session: session.name, path, warnings };
    });
  } catch (error) {
    if (error instanceof RingtailError && !(error instanceof DirectoryRefused)) throw error;
    throw ctlError('FILE_NOT_WRITTEN', `cannot save to ${directory}: ${describeError(error)}`, error);
  }
}

export interface LoadOptions {
  /** Names of sessions; null: all that there are. */
  readonly sessions: readonly string[] | null;
  /** Files, or directories of them. */
  readonly paths: readonly string[];
  /** Whether a session of the same name is destroyed first. */
  readonly force?: boolean;
  /** Another name, for a single session. */
  readonly name?: string | undefined;
  /** Where a session writes now, in place of where it wrote. */
  readonly outputOf?: (session: SavedSession) => string | undefined;
  /**
   * Called with the error of a file that cannot be read, or of a session that cannot be made again: the others are loaded.
   * Where it is absent, the first such error is thrown.
   */
  readonly onFailure?: (error: unknown) => void;
  /** Whether the triggers of the files are added, for the client's user; true where it is absent. */
  readonly triggers?: boolean;
}

export interface LoadedSession {
  readonly session: string;
  /** The file it came from. */
  readonly path: string;
  /** Where it writes: a new directory in the saved one, where that holds the trace of another session. Null: nowhere, or to where snapshots go. */
  readonly output: string | null;
  readonly warnings: readonly string[];
}

/**
 * Makes the sessions of files again, then adds the triggers that were saved along with them. A session that cannot be made whole is destroyed
 * again, and what was loaded before it stays. Where a trigger of the name does something else already, nothing is loaded. Files
 * that have nothing to do with the sessions that are named may be damaged.
 *
 * @throws {CtlError} `NO_SAVED_SESSION`, `FILE_NOT_READ`, `TRIGGER_EXISTS`, `BAD_PARAMETER` for one name of several sessions, or what the
 *   daemon answers; {@link SessionFileError} with the path
 */
export async function loadSessions(client: SessionDaemonClient, options: LoadOptions): Promise<LoadedSession[]> {
  const { sessions, paths, force = false, name, outputOf = () => undefined, triggers: withTriggers = true } = options;
  const { onFailure = rethrow } = options;
  const unread: unknown[] = [];
  const all = paths.flatMap((path) => readSavedSessions(path, (error) => unread.push(error)));
  const found = all.filter(({ saved }) => sessions?.includes(saved.name) ?? true);
  const names = new Set(found.map(({ saved }) => saved.name));
  const missing = sessions?.find((wanted) => !names.has(wanted));
  if (sessions === null || missing !== undefined) for (const error of unread) onFailure(error);
  if (missing !== undefined) throw noSavedSession(`there is no saved session ${missing}`, paths);
  if (found.length === 0 && unread.length === 0) throw noSavedSession('there are no saved sessions', paths);
  // The first place that has a name counts, as for programs in PATH.
  const first = [...names].map((wanted) => found.find(({ saved }) => saved.name === wanted) as FoundSession);
  if (name !== undefined && first.length > 1) {
    throw ctlError('BAD_PARAMETER', `${first.length} sessions cannot all be called ${name}`);
  }
  const triggers = withTriggers ? await newTriggers(client, first) : [];
  const existing = new Set((await client.listSessions()).map((session) => session.name));
  const loaded: LoadedSession[] = [];
  for (const { saved, path, warnings } of first) {
    const session = name ?? saved.name;
    try {
      if (force && existing.has(session)) await client.destroySession(session);
      const wanted = outputOf(saved) ?? saved.output;
      const output = await restore(client, saved, { name: session, output: wanted ?? undefined });
      const isElsewhere = output !== null && wanted !== null && output !== wanted;
      const elsewhere = `session ${session} writes to ${output}: ${wanted} holds the trace of another session`;
      loaded.push({ session, path, output, warnings: isElsewhere ? [...warnings, elsewhere] : warnings });
    } catch (error) {
      onFailure(error);
    }
  }
  for (const trigger of triggers) await client.addTrigger(trigger);
  return loaded;
}

function rethrow(error: unknown): never {
  throw error;
}

interface FoundSession {
  readonly saved: SavedSession;
  /** Of the whole file. */
  readonly triggers: readonly TriggerDefinition[];
  readonly path: string;
  readonly warnings: readonly string[];
}

/** The triggers of files that are not there yet: each file has all that there were. */
async function newTriggers(client: SessionDaemonClient, found: readonly FoundSession[]): Promise<TriggerDefinition[]> {
  const saved = found.flatMap(({ triggers }) => triggers);
  if (saved.length === 0) return [];
  const known = new Map<string | null, string>();
  for (const trigger of (await client.listTriggers()).filter(isOwn)) known.set(trigger.name, meaningOf(trigger));
  return saved.filter((trigger) => {
    const same = trigger.name === null ? undefined : known.get(trigger.name);
    if (same === undefined) known.set(trigger.name, meaningOf(trigger));
    else if (same !== meaningOf(trigger)) {
      throw ctlError('TRIGGER_EXISTS', `there is a trigger ${trigger.name} already, which does something else`);
    }
    return same === undefined;
  });
}

function isOwn({ uid }: TriggerDescription): boolean {
  return uid === process.getuid?.();
}

function meaningOf({ condition, actions }: TriggerDefinition): string {
  return JSON.stringify([condition, actions]);
}

/** @returns where the session writes */
async function restore(
  client: SessionDaemonClient,
  saved: SavedSession,
  options: { readonly name: string; readonly output: string | undefined },
): Promise<string | null> {
  const [create, ...rest] = restoreRequests(saved, options);
  if (create?.command !== 'create-session') return null;
  const { output } = await client.request(create.command, create.params);
  try {
    for (const { command, params } of rest) await client.request(command, params);
  } catch (error) {
    await client.destroySession(options.name).catch(() => {});
    throw error instanceof RingtailError ? error.within(`session ${options.name}`) : error;
  }
  return output;
}

/** What a file holds, or every file of a directory that can be read; nothing where neither is there. */
function readSavedSessions(path: string, onUnread: (error: unknown) => void): FoundSession[] {
  let files: string[];
  try {
    files = readdirSync(path)
      .filter((name) => name.endsWith(SUFFIX))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    if (errnoOf(error) !== 'ENOTDIR') {
      onUnread(notRead(path, error));
      return [];
    }
    files = [path];
  }
  return files.flatMap((file) => {
    try {
      const { sessions, triggers, warnings } = parseSessionFile(readSessionFile(file), accounts);
      return sessions.map((saved) => ({ saved, triggers, path: file, warnings }));
    } catch (error) {
      onUnread(error instanceof RingtailError ? error.within(file) : notRead(file, error));
      return [];
    }
  });
}

/** A file that is whole from the moment it has its name, and replaces nothing unless told to. */
function writeAtOnce(path: string, text: string, force: boolean): void {
  const temporary = temporaryBeside(path);
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    if (force) renameSync(temporary, path);
    else linkSync(temporary, path);
  } catch (error) {
    if (force || (errnoOf(error) !== 'EEXIST' && !existsSync(path))) throw error;
    throw ctlError('FILE_EXISTS', `${basename(path)} is there already: ${path}`, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function chosen(all: readonly SessionDescription[], names: readonly string[] | null): readonly SessionDescription[] {
  if (names === null) return all;
  return names.map((name) => {
    const session = all.find((one) => one.name === name);
    if (session === undefined) throw ctlError('NO_SUCH_SESSION', `there is no session ${name}`);
    return session;
  });
}

function noSavedSession(why: string, paths: readonly string[]): CtlError {
  return ctlError('NO_SAVED_SESSION', `${why} in ${paths.join(' or ')}`);
}

function notRead(path: string, error: unknown): CtlError {
  return ctlError('FILE_NOT_READ', `cannot read ${path}: ${describeError(error)}`, error);
}
