/** Which names are printed before values. */
export interface PrettyNames {
  /** Of payload members. */
  readonly payload: boolean;
  /** Of context members. */
  readonly context: boolean;
  /** `timestamp = `, `name = ` and the like. */
  readonly header: boolean;
  /** `event.fields = ` and the like. */
  readonly scope: boolean;
}

/** Parts of an event that are printed, besides its time, its name and its fields. */
export interface PrettyFields {
  readonly trace: boolean;
  readonly hostname: boolean;
  readonly domain: boolean;
  readonly procname: boolean;
  readonly vpid: boolean;
  readonly logLevel: boolean;
  readonly emfUri: boolean;
}

const DEFAULT_NAMES: PrettyNames = { payload: true, context: true, header: false, scope: false };

const DEFAULT_FIELDS: PrettyFields = {
  trace: false,
  hostname: true,
  domain: false,
  procname: true,
  vpid: true,
  logLevel: false,
  emfUri: false,
};

const NAME_WORDS: Readonly<Record<string, keyof PrettyNames>> = {
  payload: 'payload',
  context: 'context',
  ctx: 'context',
  arg: 'payload',
  args: 'payload',
  header: 'header',
  scope: 'scope',
};

const FIELD_WORDS: Readonly<Record<string, keyof PrettyFields>> = {
  trace: 'trace',
  'trace:hostname': 'hostname',
  'trace:domain': 'domain',
  'trace:procname': 'procname',
  'trace:vpid': 'vpid',
  loglevel: 'logLevel',
  emf: 'emfUri',
};

/**
 * Parses `--names=LIST`: the listed names, `all`, or `none`.
 *
 * @returns undefined if the list has an unknown word
 */
export function parseNames(list: string): PrettyNames | undefined {
  return parseList(list, NAME_WORDS, DEFAULT_NAMES);
}

/** Parses `--fields=LIST`: the listed fields, `all`, or `none`. `callsite` is known and never printed. */
export function parseFields(list: string): PrettyFields | undefined {
  return parseList(list, { ...FIELD_WORDS, callsite: undefined }, DEFAULT_FIELDS);
}

function parseList<T extends { readonly [name in keyof T]: boolean }>(
  list: string,
  words: Readonly<Record<string, keyof T | undefined>>,
  defaults: T,
): T | undefined {
  const chosen = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (chosen.length === 0 || !chosen.every((word) => word === 'all' || word === 'none' || Object.hasOwn(words, word))) {
    return undefined;
  }
  if (chosen.includes('all') && chosen.includes('none')) return undefined;
  const isDefault = chosen.includes('all');
  const result = Object.fromEntries(Object.keys(defaults).map((name) => [name, isDefault])) as Record<keyof T, boolean>;
  for (const word of chosen) {
    const name = words[word];
    if (name !== undefined) result[name] = true;
  }
  return result as T;
}

/**
 * Escape sequences before parts of a line, for terminals that show colours, and `reset` behind the parts. Empty without
 * colours.
 */
export interface Palette {
  readonly timestamp: string;
  readonly eventName: string;
  readonly unknown: string;
  readonly name: string;
  readonly fieldName: string;
  readonly text: string;
  readonly number: string;
  readonly label: string;
  readonly warning: string;
  readonly warningWord: string;
  readonly reset: string;
}

const BOLD = '\x1b[1m';

const COLORS: Palette = {
  timestamp: `${BOLD}${BOLD}\x1b[33m`,
  eventName: `${BOLD}${BOLD}\x1b[35m`,
  unknown: `${BOLD}${BOLD}\x1b[31m`,
  name: BOLD,
  fieldName: '\x1b[36m',
  text: BOLD,
  number: BOLD,
  label: BOLD,
  warning: '\x1b[33m',
  warningWord: BOLD,
  reset: '\x1b[0m',
};

const NO_COLORS: Palette = {
  timestamp: '',
  eventName: '',
  unknown: '',
  name: '',
  fieldName: '',
  text: '',
  number: '',
  label: '',
  warning: '',
  warningWord: '',
  reset: '',
};

/** All settings for the look of events, except for their time. */
export interface PrettyStyle {
  readonly names: PrettyNames;
  readonly fields: PrettyFields;
  readonly palette: Palette;
}

export function prettyStyle(options: {
  readonly names?: PrettyNames | undefined;
  readonly fields?: PrettyFields | undefined;
  readonly colors?: boolean | undefined;
}): PrettyStyle {
  return {
    names: options.names ?? DEFAULT_NAMES,
    fields: options.fields ?? DEFAULT_FIELDS,
    palette: options.colors ? COLORS : NO_COLORS,
  };
}

/** A part of a line in its colour. */
export function colored(text: string, color: string, { reset }: Palette): string {
  return `${color}${text}${reset}`;
}
