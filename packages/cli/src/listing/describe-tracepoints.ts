import type { ApplicationDescription, JsonValue, TracepointDescription } from '@ringtail/protocol';
import type { LoggerDomain } from '../options/domain-options.ts';
import { describeLogLevel } from '../options/log-level.ts';
import type { Style } from '../output/style.ts';

/** Tracepoints of the programs that are registered, thread by thread, as LTTng lists them. */
export function describeApplications(
  style: Style,
  applications: readonly ApplicationDescription[],
  fields: boolean,
): string {
  if (applications.length === 0) return 'UST events:\n-------------\nNone\n';
  // Threads of one program share their list, and so its text.
  const texts = new Map<readonly TracepointDescription[], string>();
  const parts = applications.map((application) => {
    const thread = application.mainThread ? '' : ` - Thread: ${application.tid}`;
    const text = texts.get(application.tracepoints) ?? tracepointText(application.tracepoints, fields);
    texts.set(application.tracepoints, text);
    return [
      `PID: ${application.pid}${thread} - Name: ${style.bold(application.procname)}`,
      text,
      ...application.troubles.map((trouble) => `      ${style.yellow('trouble:')} ${trouble}`),
      '',
    ].join('\n');
  });
  return `UST events:\n-------------\n\n${parts.join('\n')}`;
}

export function describeLoggers(domains: readonly LoggerDomain[]): string {
  return domains.map((domain) => `${domain} events (Logger name):\n-------------------------\nNone\n`).join('\n');
}

function tracepointText(tracepoints: readonly TracepointDescription[], fields: boolean): string {
  if (tracepoints.length === 0) return '      no tracepoints';
  return tracepoints.flatMap((tracepoint) => tracepointLines(tracepoint, fields)).join('\n');
}

function tracepointLines({ name, logLevel, fields }: TracepointDescription, withFields: boolean): string[] {
  return [
    `      ${name} (loglevel: ${describeLogLevel(logLevel)}) (type: tracepoint)`,
    ...(withFields ? fields.map(fieldLine) : []),
  ];
}

/** An application describes its fields itself, so nothing of their shape is taken for granted. */
function fieldLine(field: JsonValue): string {
  const { name, spec } = membersOf(field);
  const { kind, content } = membersOf(spec);
  if (kind === 'filter-only') return `        field: ${textOf(name)} (${kindOf(content)}) [no write]`;
  return `        field: ${textOf(name)} (${kindOf(spec)})`;
}

/** LTTng's word for it where it has one. */
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
