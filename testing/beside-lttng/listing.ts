import { XMLParser } from 'fast-xml-parser';

/** Elements that do not depend on the command: counters, and values with a default of each tool's own. */
const IGNORED = new Set([
  'discarded_events',
  'lost_packets',
  'live_timer_interval',
  'trace_format',
  'preallocation_policy',
  'snapshots',
  'schemaVersion',
  'owner_uid',
]);
/** Defaults of the tools. A listing does not mark them as defaults. */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  subbuffer_size: ['524288', '16384', '4194304'],
  subbuffer_count: ['4'],
};

// Numeric character references too; by default the parser leaves them unchanged.
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, htmlEntities: true });

/**
 * What `list SESSION` shows in the machine interface, in a form that is equal for equal sessions: without what is of no
 * meaning, with paths below `directory` relative to it, and everything in order.
 */
export function comparableListing(xml: string, directory: string): unknown {
  const document = parser.parse(xml) as { command?: { output?: unknown } };
  return comparable(document.command?.output ?? '', directory, '');
}

/** A whole answer in the machine interface, in the same form: undefined where there is none. */
export function comparableAnswer(xml: string, directory: string): unknown {
  const { command } = parser.parse(xml) as { command?: { name: unknown; output: unknown; success?: unknown } };
  if (command === undefined) return undefined;
  return { ...command, output: comparable(command.output, directory, '') };
}

function comparable(value: unknown, directory: string, name: string): unknown {
  if (typeof value !== 'object' || value === null) {
    const text = String(value).replaceAll(directory, 'OUT');
    return DEFAULTS[name]?.includes(text) ? 'default' : text;
  }
  if (Array.isArray(value)) {
    const all = value.map((one) => comparable(one, directory, name));
    return all.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  const members = Object.entries(value)
    .filter(([member]) => !IGNORED.has(member))
    .map(([member, inside]) => [member, comparable(inside, directory, member)] as const)
    // An element without anything in it says what its absence says.
    .filter(([, inside]) => inside !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  // The same for an empty domain; lttng shows one after any command that names it.
  const isEmptyDomain = name === 'domain' && members.every(([member]) => member === 'type' || member === 'buffer_type');
  return members.length === 0 || isEmptyDomain ? '' : Object.fromEntries(members);
}
