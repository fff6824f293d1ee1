import { join } from 'node:path';
import { describeError } from '@ringtail/base';
import * as accounts from '@ringtail/posix/accounts';
import { checkClientRequest, type Request, type TriggerDefinition } from '@ringtail/protocol';
import { parseSessionFile, restoreSession, type SavedSession } from '@ringtail/session-file';
import type { HelperPool } from '../helpers/helper-pool.ts';
import type { Log } from '../log/log.ts';
import type { Owner } from '../model/owner.ts';
import { SYSTEM_DIRECTORY } from './daemon-options.ts';

export interface SavedSessionLoaderOptions {
  /** The daemon's user. Files that were not named must belong to this user. */
  readonly uid: number;
  readonly home: string;
  /** File or directory that was named, instead of the usual directories. */
  readonly named: string | undefined;
  readonly helpers: Pick<HelperPool, 'perform'>;
  readonly execute: (request: Request) => Promise<unknown>;
  readonly log: Log;
}

/**
 * Loads saved sessions at the start of the daemon: from the named file or directory, else from `sessions/auto` in the
 * user's and the system's directory.
 *
 * A file that cannot be loaded is a line in the log; the other files are loaded.
 */
export async function loadSavedSessions(options: SavedSessionLoaderOptions): Promise<void> {
  const { named, home, helpers, log } = options;
  const usual = [join(home, '.ringtail', 'sessions', 'auto'), join(SYSTEM_DIRECTORY, 'sessions', 'auto')];
  /** Every file has all triggers that existed when it was saved. */
  const triggers = new Map<string, TriggerDefinition>();
  for (const path of named === undefined ? usual : [named]) {
    let files: readonly string[] = [];
    try {
      files = await helpers.perform('find-session-files', daemonUser(), { path, named: named !== undefined });
    } catch (error) {
      log.error(`saved sessions cannot be loaded: ${describeError(error)}`);
    }
    for (const file of files) {
      for (const trigger of await loadFile(file, options)) triggers.set(JSON.stringify(trigger), trigger);
    }
  }
  for (const trigger of triggers.values()) await addTrigger(trigger, options);
}

/** @returns the file's triggers */
async function loadFile(file: string, options: SavedSessionLoaderOptions): Promise<readonly TriggerDefinition[]> {
  const { log, named, uid, helpers } = options;
  try {
    const ownerUid = named === undefined ? uid : null;
    const text = await helpers.perform('read-session-file', daemonUser(), { path: file, ownerUid });
    const { sessions, triggers, warnings } = parseSessionFile(text, accounts);
    for (const warning of warnings) log.warn(`${file}: ${warning}`);
    for (const session of sessions) await restore(file, session, options);
    return triggers;
  } catch (error) {
    log.error(`${file} cannot be loaded: ${describeError(error)}`);
    return [];
  }
}

async function addTrigger(trigger: TriggerDefinition, { execute, log }: SavedSessionLoaderOptions): Promise<void> {
  try {
    await execute(checkClientRequest({ id: 0, command: 'add-trigger', params: { trigger, ownerUid: null } }));
  } catch (error) {
    log.error(`the trigger ${trigger.name} cannot be loaded: ${describeError(error)}`);
  }
}

async function restore(file: string, saved: SavedSession, options: SavedSessionLoaderOptions): Promise<void> {
  const { execute, log } = options;
  try {
    const { warnings } = await restoreSession(saved, {}, async (command) => {
      const done = execute(checkClientRequest({ id: 0, ...command }));
      // The error that made it necessary is reported in any case; this one has no other place.
      if (command.command === 'destroy-session') {
        done.catch((error) => log.error(`session ${saved.name}: ${describeError(error)}`));
      }
      return await done;
    });
    for (const warning of warnings) log.warn(`${file}: ${warning}`);
    log.info(`session ${saved.name} is loaded from ${file}`);
  } catch (error) {
    log.error(`session ${saved.name} of ${file} cannot be loaded: ${describeError(error)}`);
  }
}

/** The daemon's own user reads saved sessions and makes them again. */
function daemonUser(): Owner {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}
