import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '@ringtail/base';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { packageDirectory } from '../program/package-directory.ts';
import { parseSettings, type RecordingSettings } from './parse-settings.ts';

/** Names of the settings of the package, and of their files. */
export const SETTINGS_NAMES = ['default', 'profile'] as const;
export type SettingsName = (typeof SETTINGS_NAMES)[number];

const FILE_BYTES_MAX = 1 << 20;

/**
 * Settings by their names or paths, as one.
 *
 * @throws {CliError} `BAD_SETTINGS`, `NO_WORKING_DIRECTORY`
 */
export function readSettings(context: Context, words: readonly string[]): RecordingSettings {
  const all = words.map((word) => readOne(context, word));
  return {
    rules: withoutRepetitions(all.flatMap(({ rules }) => rules)),
    contexts: withoutRepetitions(all.flatMap(({ contexts }) => contexts)),
  };
}

function readOne(context: Context, word: string): RecordingSettings {
  const isNamed = (SETTINGS_NAMES as readonly string[]).includes(word);
  const path = isNamed ? join(settingsDirectory(), `${word}.json`) : absolutePath(context, word);
  try {
    return parseSettings(textOf(path));
  } catch (error) {
    if (error instanceof CliError) {
      const hint = error.hint ?? `the format is described in ${join(settingsDirectory(), 'schema.json')}`;
      throw new CliError(error.code, `${word}: ${error.message}`, hint);
    }
    const hint = `settings are ${SETTINGS_NAMES.join(', ')}, or the path of a file`;
    throw new CliError('BAD_SETTINGS', `the settings ${word} cannot be read: ${describeError(error)}`, hint);
  }
}

function settingsDirectory(): string {
  return join(packageDirectory(), 'settings');
}

/** The text of a file or pipe. */
function textOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes, length, bytes.length - length, null);
      if (count === 0) return bytes.toString('utf8', 0, length).replace(/^\ufeff/, '');
      length += count;
      if (length > FILE_BYTES_MAX) throw new CliError('BAD_SETTINGS', `is larger than ${FILE_BYTES_MAX} bytes`);
    }
  } finally {
    closeSync(file);
  }
}

function withoutRepetitions<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
