import type { EventSource, Tracer } from '../instrument.ts';

type LogLevelName =
  | 'crit'
  | 'err'
  | 'warning'
  | 'notice'
  | 'info'
  | 'debug_system'
  | 'debug_program'
  | 'debug_line'
  | 'debug';

/** What a logger has logged. */
export interface LogRecord {
  readonly logger: string;
  /** The program's name of the level. */
  readonly level: string;
  readonly message: string;
  /** Structured fields as JSON; empty if there are none. */
  readonly fields: string;
}

/** The events of one kind of logger: one for each level. */
export interface LoggerEvents<Level extends string> {
  readonly tracepoints: EventSource['tracepoints'];
  /** Whether a record of this level is recorded. */
  isEnabled(level: Level): boolean;
  /** @param callSite as `callSiteBelow` gives it */
  emit(level: Level, record: LogRecord, callSite: string): void;
}

/** Declares the events of a kind of logger. @param levels the levels with their log levels in LTTng's order */
export function loggerEvents<Level extends string>(
  { provider, str }: Tracer,
  kind: string,
  levels: Readonly<Record<Level, LogLevelName>>,
): LoggerEvents<Level> {
  const events = provider(`node_${kind}`);
  const declare = (name: string, logLevel: LogLevelName) =>
    events.tracepoint(
      name,
      [
        ['logger', str],
        ['level', str],
        ['message', str],
        ['fields', str],
        ['call_site', str],
      ],
      { logLevel },
    );
  const names = Object.keys(levels) as Level[];
  const byLevel = Object.fromEntries(names.map((name) => [name, declare(name, levels[name])])) as Record<
    Level,
    ReturnType<typeof declare>
  >;
  return {
    tracepoints: names.map((name) => byLevel[name]),
    isEnabled: (level) => byLevel[level].enabled,
    emit(level, { logger, level: name, message, fields }, callSite) {
      byLevel[level](logger, name, message, fields, callSite);
    },
  };
}
