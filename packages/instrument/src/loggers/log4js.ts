import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { observeAll } from '../wrap.ts';
import { callSiteBelow, filesOf } from './call-site.ts';
import { consoleText } from './console-text.ts';
import { loggerEvents } from './logger-events.ts';
import { STANDARD_LEVELS, standardLevel } from './standard-levels.ts';

/** @see https://log4js-node.github.io/log4js-node/api.html */
interface LoggingEvent {
  readonly categoryName: string;
  readonly level: { readonly level: number; readonly levelStr: string };
  readonly data: readonly unknown[];
  readonly context: object;
}

/** What loggers of log4js log. The name of a logger is its category. */
export function log4js(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'log4js', STANDARD_LEVELS);
  const isLog4js = filesOf('log4js');

  function logged({ categoryName, level: { level: number, levelStr }, data, context }: LoggingEvent): void {
    const level = standardLevel(number, 10_000, 10_000);
    if (!events.isEnabled(level)) return;
    const contexts = Object.keys(context).length === 0 ? [] : [context];
    const record = { logger: categoryName, level: levelStr.toLowerCase(), ...consoleText(data, ...contexts) };
    events.emit(level, record, callSiteBelow(logged, isLog4js).text);
  }

  const observer = { before: (_: unknown, [event]: unknown[]) => void logged(event as LoggingEvent) };
  // Methods of loggers are left alone: log4js counts the frames of its own call stack.
  const install = () =>
    changeModule({
      packageName: 'log4js',
      file: 'lib/clustering.js',
      change: (clustering) => observeAll([{ holder: clustering, name: 'send', observer }]),
    });
  return [{ tracepoints: events.tracepoints, install }];
}
