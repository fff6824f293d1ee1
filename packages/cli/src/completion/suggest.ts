import { LogLevels } from '@ringtail/protocol';
import type { Argument, Command, Option } from 'commander';

/** Kinds of names that only the session daemon knows. `rule`: name patterns of event rules. */
export type DaemonKind = 'session' | 'channel' | 'map' | 'event' | 'rule' | 'context';
/** Kinds of names that change. `trace`: traces in the directory of traces. */
export type LiveKind = DaemonKind | 'trace';

export interface Suggestions {
  /** Whole words that may replace the current word. */
  readonly words: readonly string[];
  /**
   * Kind of names to look up, and the text before and after a name in the word: `--session=`, `a,b,`.
   */
  readonly live: LiveKind | undefined;
  readonly prefix: string;
  /** Beginning of the last name. */
  readonly part: string;
}

const NOTHING: Suggestions = { words: [], live: undefined, prefix: '', part: '' };

/** Kinds of names by the placeholder of an option or argument in its help. */
const LIVE_VALUES: Readonly<Record<string, LiveKind>> = {
  session: 'session',
  channel: 'channel',
  channels: 'channel',
  map: 'map',
  context: 'context',
  contexts: 'context',
  type: 'context',
};
const LOG_LEVELS = Object.keys(LogLevels);

/** Kind of names of a command's first argument, whatever its placeholder is. */
const LIVE_ARGUMENTS: Readonly<Record<string, LiveKind | 'none'>> = {
  'enable-event': 'event',
  'disable-event': 'rule',
  'enable-channel': 'channel',
  'disable-channel': 'channel',
  'add-map-channel': 'none',
  'reclaim-memory': 'channel',
  view: 'session',
  report: 'session',
  stats: 'session',
  traces: 'trace',
  // The name of a new or saved session, which the daemon does not know.
  create: 'none',
  load: 'none',
};

/**
 * Suggestions for the last word of a command line.
 *
 * @param words after the program's name; the last word is incomplete and may be empty
 */
export function suggest(program: Command, words: readonly string[]): Suggestions {
  const current = words.at(-1) ?? '';
  let command = program;
  let position = 0;
  let waiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined) {
      waiting = undefined;
    } else if (word === '--') {
      return NOTHING;
    } else if (word.startsWith('-') && word !== '-') {
      waiting = word.includes('=') ? undefined : optionOf(command, program, word);
      if (waiting?.required !== true) waiting = undefined;
    } else {
      const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (next === undefined) position += 1;
      else command = next;
    }
  }
  if (waiting !== undefined) return valueSuggestions(command, waiting, '', current);
  const assigned = /^(--[^=]+=)(.*)$/s.exec(current);
  if (assigned !== null) {
    const [, head, value] = assigned as unknown as [string, string, string];
    const option = optionOf(command, program, head.slice(0, -1));
    return option === undefined ? NOTHING : valueSuggestions(command, option, head, value);
  }
  if (current.startsWith('-')) return { ...NOTHING, words: startingWith(current, optionNames(command)) };
  if (command.commands.length > 0) return { ...NOTHING, words: startingWith(current, commandNames(command)) };
  if (command.name() === 'help') return { ...NOTHING, words: startingWith(current, commandNames(program)) };
  const argument = command.registeredArguments[Math.min(position, command.registeredArguments.length - 1)];
  return argument === undefined ? NOTHING : argumentSuggestions(command, argument, current);
}

function valueSuggestions(command: Command, option: Option, head: string, value: string): Suggestions {
  if (option.argChoices !== undefined) {
    return { ...NOTHING, words: startingWith(value, option.argChoices).map((choice) => head + choice) };
  }
  const called = /<([^>\]]+)>|\[([^\]]+)\]/.exec(option.flags);
  const name = called?.[1] ?? called?.[2] ?? '';
  if (name === 'level') return { ...NOTHING, words: startingWith(value, LOG_LEVELS).map((level) => head + level) };
  // `--type` names a context only in `add-context`.
  const live = name === 'type' && command.name() !== 'add-context' ? undefined : LIVE_VALUES[name];
  return liveSuggestions(live, head, value);
}

function argumentSuggestions(command: Command, argument: Argument, value: string): Suggestions {
  if (argument.argChoices !== undefined) return { ...NOTHING, words: startingWith(value, argument.argChoices) };
  const live = LIVE_ARGUMENTS[command.name()] ?? LIVE_VALUES[argument.name()];
  return liveSuggestions(live === 'none' ? undefined : live, '', value);
}

/** Completes the last of several names that are separated by commas. */
function liveSuggestions(live: LiveKind | undefined, head: string, value: string): Suggestions {
  if (live === undefined) return NOTHING;
  const at = live === 'session' ? 0 : value.lastIndexOf(',') + 1;
  return { words: [], live, prefix: head + value.slice(0, at), part: value.slice(at) };
}

function optionOf(command: Command, program: Command, word: string): Option | undefined {
  const flag = word.startsWith('--') ? word : word.slice(0, 2);
  // `-sNAME` contains its value.
  if (!word.startsWith('--') && word.length > 2) return undefined;
  return [...command.options, ...program.options].find((option) => option.long === flag || option.short === flag);
}

function optionNames(command: Command): string[] {
  const names = command.options.filter((option) => !option.hidden).map((option) => option.long ?? option.short ?? '');
  return [...names, '--help'];
}

function commandNames(command: Command): string[] {
  const visible = command.createHelp().visibleCommands(command);
  return command.commands.filter((one) => visible.includes(one)).map((one) => one.name());
}

/** The words with this beginning, each once, in order. */
export function startingWith(part: string, words: Iterable<string>): string[] {
  return [...new Set(words)].filter((word) => word.startsWith(part)).sort();
}
