import { LogLevels, perfCounterOf, type RecordingRule, type TracepointDescription } from '@ringtail/protocol';
import { EVENT_TYPES, type XmlChildren } from '@ringtail/session-file/internal';

const LOG_LEVEL_NAMES = Object.fromEntries(
  Object.entries(LogLevels).map(([name, value]) => [value, `TRACE_${name.toUpperCase()}`]),
);

/** An event rule as LTTng shows it after `enable-event`. */
export function ruleElement(rule: RecordingRule & { readonly enabled?: boolean }, success?: boolean): XmlChildren {
  const { pattern, enabled = true, filter, logLevel, exclude = [], type = 'tracepoint' } = rule;
  return {
    name: pattern,
    type: EVENT_TYPES[type],
    enabled,
    filter_expression: filter,
    ...(logLevel !== undefined && {
      loglevel: LOG_LEVEL_NAMES[logLevel.to],
      loglevel_type: logLevel.from === logLevel.to && logLevel.from > 0 ? 'SINGLE' : 'RANGE',
    }),
    exclusions: { exclusion: exclude },
    success,
  };
}

/** A system call of the kernel. */
export function syscallElement({ name, fields }: TracepointDescription, withFields: boolean): XmlChildren {
  return { name, type: 'SYSCALL', enabled: false, ...(withFields && fieldsElement(fields)) };
}

function fieldsElement(fields: TracepointDescription['fields']): XmlChildren {
  return { event_fields: { event_field: fields.map(fieldElement) } };
}

/** A tracepoint of a program that is registered, or of the kernel. */
export function tracepointElement({ name, logLevel, fields }: TracepointDescription, withFields: boolean): XmlChildren {
  return {
    name,
    type: 'TRACEPOINT',
    enabled: false,
    loglevel: LOG_LEVEL_NAMES[logLevel] ?? 'UNKNOWN',
    loglevel_type: 'SINGLE',
    ...(withFields && fieldsElement(fields)),
  };
}

const FIELD_TYPES: Readonly<Record<string, string>> = {
  integer: 'INTEGER',
  boolean: 'INTEGER',
  enumeration: 'ENUM',
  float: 'FLOAT',
  string: 'STRING',
  text: 'STRING',
};

/**
 * A field as a program describes it. Its shape is unchecked: anything malformed is shown as a field of another type.
 */
function fieldElement(field: unknown): XmlChildren {
  const { name, spec } = (field ?? {}) as { name?: unknown; spec?: { kind?: unknown; content?: { kind?: unknown } } };
  const isFilterOnly = spec?.kind === 'filter-only';
  const kind = isFilterOnly ? spec.content?.kind : spec?.kind;
  return { name: String(name), type: FIELD_TYPES[String(kind)] ?? 'OTHER', nowrite: isFilterOnly ? 1 : 0 };
}

/** Contexts of every schema since LTTng 2.13; `cpu_id` is only in schemas since 2.15. */
const CONTEXT_TYPES = new Set(
  `pid procname prio nice vpid tid vtid ppid vppid pthread_id hostname ip cgroup_ns ipc_ns mnt_ns net_ns pid_ns time_ns user_ns
  uts_ns uid euid suid gid egid sgid vuid veuid vsuid vgid vegid vsgid`.split(/\s+/),
);

/** A context field. A context that the schema lacks is shown as an application context of the provider `ringtail`. */
export function contextElement(name: string, success?: boolean): XmlChildren {
  return { ...contextKind(name), symbol: name, success };
}

function contextKind(name: string): XmlChildren {
  if (CONTEXT_TYPES.has(name)) return { type: name.toUpperCase() };
  const perf = /^perf:thread:(.+)$/.exec(name)?.[1];
  const counter = perf === undefined ? undefined : perfCounterOf(perf);
  if (perf !== undefined && counter !== undefined) {
    return { perf: { ...counter, name: `perf_thread_${perf.replaceAll(/[-:]/g, '_')}` } };
  }
  const app = /^\$app\.([^:]+):(.+)$/.exec(name);
  return { app: { provider_name: app?.[1] ?? 'ringtail', ctx_name: app?.[2] ?? name } };
}
