import { DaemonError } from '../model/daemon-error.ts';

/** A line of a configuration file: an option by its long name, and its value as text. */
export interface ConfigEntry {
  readonly option: string;
  readonly value: string;
  /** File and line, for messages. */
  readonly at: string;
}

const SECTION = 'sessiond';

/**
 * The entries of the section `[sessiond]` of an INI file, as LTTng's: `option=value`, comments after `;` or `#` at the
 * beginning of a line, values with or without double quotes. Other sections are ignored.
 *
 * @param name name of the file, for messages
 * @throws {DaemonError} `BAD_ARGUMENT` with the wrong line
 */
export function parseConfig(text: string, name: string): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  let section: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const at = `${name}:${index + 1}`;
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (!line.endsWith(']')) throw new DaemonError('BAD_ARGUMENT', `${at}: a section is a name in brackets`);
      section = line.slice(1, -1).trim();
      continue;
    }
    if (section !== SECTION) continue;
    const equals = line.indexOf('=');
    if (equals <= 0) throw new DaemonError('BAD_ARGUMENT', `${at}: a line is option=value`);
    entries.push({ option: line.slice(0, equals).trim(), value: unquoted(line.slice(equals + 1).trim()), at });
  }
  return entries;
}

/** Whether an option without an argument is on, by the words that LTTng accepts. */
export function configFlag({ option, value, at }: ConfigEntry): boolean {
  const word = value.toLowerCase();
  if (['1', 'yes', 'true', 'on'].includes(word)) return true;
  if (['0', 'no', 'false', 'off'].includes(word)) return false;
  throw new DaemonError('BAD_ARGUMENT', `${at}: ${option} is yes or no`);
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
