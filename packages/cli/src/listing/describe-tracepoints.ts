import { isNodeLogger, type JsonValue, type TracepointDescription } from '@ringtail/protocol';
import type { ListedDomain } from '../command-result.ts';
import { describeLogLevel } from '../options/log-level.ts';
import type { Style } from '../output/style.ts';
import { domainWords } from './domain-words.ts';
import { unseenEvents } from './unseen-events.ts';

/**
 * Events that a domain can record, as LTTng lists them: tracepoints of each thread, then events that belong to no
 * program.
 */
export function describeInstrumentation(
  style: Style,
  { domain, syscalls, applications, events }: ListedDomain,
  fields: boolean,
): string {
  const heading = syscalls ? 'System calls:\n-------------' : domainWords(domain).events;
  if (applications.length + events.length === 0) return `${heading}\nNone\n`;
  const textOfList = (tracepoints: readonly TracepointDescription[]) =>
    isNodeLogger(domain)
      ? tracepoints.map(({ name }) => `      - ${name}`).join('\n')
      : tracepointText(tracepoints, fields);
  // Threads of one program share their list of tracepoints, and so its text.
  const texts = new Map<readonly TracepointDescription[], string>();
  const parts = applications.map((application) => {
    const thread = application.mainThread ? '' : ` - Thread: ${application.tid}`;
    const text = texts.get(application.tracepoints) ?? textOfList(application.tracepoints);
    texts.set(application.tracepoints, text);
    return [
      `PID: ${application.pid}${thread} - Name: ${style.bold(application.program)}`,
      text,
      ...unseenEvents(application.runtime, application.tracepoints).map((unseen) => `      not seen: ${unseen}`),
      ...application.troubles.map((trouble) => `      ${style.yellow('trouble:')} ${trouble}`),
      '',
    ].join('\n');
  });
  if (events.length > 0) parts.push(`${syscalls ? syscallText(events, fields) : tracepointText(events, fields)}\n`);
  return `${heading}\n\n${parts.join('\n')}`;
}

function tracepointText(tracepoints: readonly TracepointDescription[], fields: boolean): string {
  if (tracepoints.length === 0) return '      no tracepoints';
  return tracepoints.flatMap((tracepoint) => tracepointLines(tracepoint, fields)).join('\n');
}

function syscallText(calls: readonly TracepointDescription[], withFields: boolean): string {
  return calls
    .flatMap(({ name, fields }) => [`      ${name}`, ...(withFields ? fields.map(fieldLine) : [])])
    .join('\n');
}

function tracepointLines({ name, logLevel, fields }: TracepointDescription, withFields: boolean): string[] {
  return [
    `      ${name} (loglevel: ${describeLogLevel(logLevel)}) (type: tracepoint)`,
    ...(withFields ? fields.map(fieldLine) : []),
  ];
}

/** An application describes its fields itself, so they may have any shape. */
function fieldLine(field: JsonValue): string {
  const { name, spec } = membersOf(field);
  const { kind, content } = membersOf(spec);
  if (kind === 'filter-only') return `        field: ${textOf(name)} (${kindOf(content)}) [no write]`;
  return `        field: ${textOf(name)} (${kindOf(spec)})`;
}

/** LTTng's words for kinds of fields, where they differ from ours. */
const LTTNG_WORDS: Readonly<Record<string, string>> = { enumeration: 'enum', text: 'string' };

function kindOf(spec: JsonValue | undefined): string {
  const kind = textOf(membersOf(spec).kind);
  return Object.hasOwn(LTTNG_WORDS, kind) ? (LTTNG_WORDS[kind] as string) : kind;
}

function membersOf(value: JsonValue | undefined): Record<string, JsonValue | undefined> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, JsonValue | undefined>)
    : {};
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : 'unknown';
}
