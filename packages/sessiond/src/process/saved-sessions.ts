import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { checkClientRequest, type Request, type TriggerDefinition } from '@ringtail/protocol';
import { parseSessionFile, restoreRequests, type SavedSession } from '@ringtail/session-file';
import * as accounts from '@ringtail/session-file/accounts';
import { readSessionFile } from '@ringtail/session-file/read';
import { directoryDate } from '../archives/archive-names.ts';
import type { Log } from '../log.ts';
import { SYSTEM_DIRECTORY } from './daemon-options.ts';

const SUFFIX = '.lttng';

export interface SavedSessionLoaderOptions {
  /** The daemon's user, to whom files must belong that are loaded without having been named. */
  readonly uid: number;
  readonly home: string;
  /** File or directory that was named, in place of the usual directories. */
  readonly named: string | undefined;
  readonly execute: (request: Request) => Promise<unknown>;
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * Makes sessions again that were saved for the start of the daemon: those of the named file or directory, else those of
 * `sessions/auto` in the user's and the system's directory.
 *
 * What cannot be loaded is a line in the log and stops nothing else.
 */
export async function loadSavedSessions(options: SavedSessionLoaderOptions): Promise<void> {
  const { named, home, log } = options;
  const usual = [join(home, '.ringtail', 'sessions', 'auto'), join(SYSTEM_DIRECTORY, 'sessions', 'auto')];
  /** Every file has all triggers that there were when it was saved. */
  const triggers = new Map<string, TriggerDefinition>();
  for (const path of named === undefined ? usual : [named]) {
    let files: readonly string[] = [];
    try {
      files = sessionFilesAt(path, named !== undefined);
    } catch (error) {
      log.error(`saved sessions cannot be loaded: ${describeError(error)}`);
    }
    for (const file of files) {
      for (const trigger of await loadFile(file, options)) triggers.set(JSON.stringify(trigger), trigger);
    }
  }
  for (const trigger of triggers.values()) await addTrigger(trigger, options);
}

/** A directory that is not there has none, unless it was named. */
function sessionFilesAt(path: string, named: boolean): readonly string[] {
  if (!named && !existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(SUFFIX));
  return names.sort().map((name) => join(path, name));
}

/** @returns the triggers of the file. */
async function loadFile(file: string, options: SavedSessionLoaderOptions): Promise<readonly TriggerDefinition[]> {
  const { log, named, uid } = options;
  try {
    const text = readSessionFile(file, named === undefined ? uid : undefined);
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
  const { execute, now, log } = options;
  const destroy: Request = { id: 0, command: 'destroy-session', params: { session: saved.name } };
  let created = false;
  try {
    for (const command of restoreRequests(saved, { output: freshOutput(saved, now()) })) {
      await execute(checkClientRequest({ id: 0, ...command }));
      created = true;
    }
    log.info(`session ${saved.name} is loaded from ${file}`);
  } catch (error) {
    log.error(`session ${saved.name} of ${file} cannot be loaded: ${describeError(error)}`);
    if (created) await execute(destroy).catch((why) => log.error(`session ${saved.name}: ${describeError(why)}`));
  }
}

/** Where the session is to write if there is a trace already where it wrote: beside that, under a name with a new date. */
function freshOutput({ output, snapshot }: SavedSession, at: Date): string | undefined {
  if (snapshot || output === null || !hasTrace(output)) return undefined;
  const dated = `${output.replace(/-\d{8}-\d{6}(-\d+)?$/, '')}-${directoryDate(at)}`;
  // A daemon that is killed and started again within a second finds what the one before made in it.
  let fresh = dated;
  for (let count = 2; hasTrace(fresh); count++) fresh = `${dated}-${count}`;
  return fresh;
}

function hasTrace(output: string): boolean {
  try {
    return readdirSync(output).length > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
