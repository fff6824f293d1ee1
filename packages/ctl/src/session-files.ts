import { existsSync, linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import { temporaryBeside } from '@ringtail/base/files';
import { DirectoryRefused, ensureDirectory, homeDirectory } from '@ringtail/posix';
import * as accounts from '@ringtail/posix/accounts';
import type { SessionDescription, TriggerDefinition, TriggerDescription } from '@ringtail/protocol';
import { parseSessionFile, printSessionFile, restoreSession, type SavedSession } from '@ringtail/session-file';
import { readSessionFile } from '@ringtail/session-file/read';
import { CtlError, ctlError } from './ctl-error.ts';
import type { SessionDaemonClient } from './session-daemon-client.ts';

const SUFFIX = '.lttng';
const SYSTEM_DIRECTORY = '/etc/ringtail/sessions';

type Environment = Readonly<Record<string, string | undefined>>;

/** Directory for saved sessions: `.ringtail/sessions` at home. */
export function savedSessionsDirectory(env: Environment): string {
  return join(homeDirectory(env), '.ringtail', 'sessions');
}

/** Directories of saved sessions, the user's own first. */
export function savedSessionsDirectories(env: Environment): readonly string[] {
  return [savedSessionsDirectory(env), SYSTEM_DIRECTORY];
}

export interface SaveOptions {
  /** Names of sessions; null: all. */
  readonly sessions: readonly string[] | null;
  /** Directory for the files, each named after its session; made if it is absent. */
  readonly directory: string;
  /** Whether to overwrite existing files. */
  readonly force?: boolean;
  /**
   * Whether each file also gets all triggers of this process's user, as with LTTng; true by default. Root sees triggers
   * of other users too, and leaves them out: the user who loads a file owns its triggers, so their programs would run
   * as root.
   */
  readonly triggers?: boolean;
}

export interface SavedFile {
  readonly session: string;
  readonly path: string;
  /** Sentences about triggers that are left out. */
  readonly warnings: readonly string[];
}

/**
 * Writes sessions to files in LTTng's `.lttng` format, which `loadSessions` and mostly `lttng load` read. A file
 * appears complete or not at all, and is private.
 *
 * @throws {CtlError} `NO_SUCH_SESSION`, `FILE_EXISTS`, `FILE_NOT_WRITTEN`, or a code of the daemon
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
  /** Names of sessions; null: all in the files. */
  readonly sessions: readonly string[] | null;
  /** Files, or directories of them. */
  readonly paths: readonly string[];
  /** Whether to destroy a session of the same name first. */
  readonly force?: boolean;
  /** Another name, for a single session. */
  readonly name?: string | undefined;
  /** Another output for a session. */
  readonly outputOf?: (session: SavedSession) => string | undefined;
  /**
   * Called with the error of an unreadable file, or of a session that cannot be restored; the others are loaded. If
   * absent, `loadSessions` throws the first such error.
   */
  readonly onFailure?: (error: unknown) => void;
  /** Whether to add the triggers of the files, for the client's user; true by default. */
  readonly triggers?: boolean;
}

export interface LoadedSession {
  readonly session: string;
  /** The session's file. */
  readonly path: string;
  /** Output: a new directory beside the saved one if that holds a trace. Null: only snapshots. */
  readonly output: string | null;
  readonly warnings: readonly string[];
}

/**
 * Restores the sessions of files, then adds their triggers. Destroys a session again that cannot be restored
 * completely; sessions loaded before it stay. Loads nothing if another trigger has the name of a saved one. Damaged
 * files matter only if they may hold a wanted session.
 *
 * @throws {CtlError} `NO_SAVED_SESSION`, `FILE_NOT_READ`, `TRIGGER_EXISTS`, `BAD_PARAMETER` for one name of several
 *   sessions, or a code of the daemon; {@link SessionFileError} with the path
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
  // The first directory that has a name wins, as in PATH.
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
      const restored = await restore(client, saved, { name: session, output: wanted ?? undefined });
      const { output } = restored;
      const isElsewhere = output !== null && wanted !== null && output !== wanted;
      const elsewhere = `session ${session} writes to ${output}: ${wanted} holds a trace`;
      loaded.push({
        session,
        path,
        output,
        warnings: [...warnings, ...restored.warnings, ...(isElsewhere ? [elsewhere] : [])],
      });
    } catch (error) {
      onFailure(error);
    }
  }
  const refused = await addTriggers(client, triggers);
  return loaded.map((session, at) =>
    at === 0 ? { ...session, warnings: [...session.warnings, ...refused] } : session,
  );
}

/** Adds triggers. @returns sentences about triggers on domains that the daemon does not have, which are left out */
async function addTriggers(client: SessionDaemonClient, triggers: readonly TriggerDefinition[]): Promise<string[]> {
  const refused: string[] = [];
  for (const trigger of triggers) {
    await client.addTrigger(trigger).catch((error: unknown) => {
      if (!(error instanceof CtlError) || error.code !== 'UNSUPPORTED') throw error;
      refused.push(`the trigger ${trigger.name} is left out (${error.message})`);
    });
  }
  return refused;
}

function rethrow(error: unknown): never {
  throw error;
}

interface FoundSession {
  readonly saved: SavedSession;
  /** All triggers of the file. */
  readonly triggers: readonly TriggerDefinition[];
  readonly path: string;
  readonly warnings: readonly string[];
}

/** The saved triggers that the daemon does not have yet. Files that were saved together hold the same triggers. */
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

async function restore(
  client: SessionDaemonClient,
  saved: SavedSession,
  options: { readonly name: string; readonly output: string | undefined },
): ReturnType<typeof restoreSession> {
  let isCreated = false;
  try {
    return await restoreSession(saved, options, async ({ command, params }) => {
      const result = await client.request(command, params);
      isCreated = true;
      return result;
    });
  } catch (error) {
    throw isCreated && error instanceof RingtailError ? error.within(`session ${options.name}`) : error;
  }
}

/** The sessions of a file, or of each readable file of a directory; none if the path does not exist. */
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

/** Writes a file that is complete as soon as it has its name. Replaces another one only with `force`. */
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
