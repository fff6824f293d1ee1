import { stripVTControlCharacters } from 'node:util';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { beforeNextCall } from '../packages/observed-method.ts';
import { type Observer, observeAll } from '../wrap.ts';
import { callSiteBelow, filesOf } from './call-site.ts';
import { formattedText } from './formatted-text.ts';
import { loggerEvents } from './logger-events.ts';
import { copyText, isStructured, jsonOf, plainCopy } from './plain-value.ts';

const LEVELS = {
  crit: 'crit',
  error: 'err',
  warn: 'warning',
  notice: 'notice',
  info: 'info',
  http: 'debug_system',
  verbose: 'debug_program',
  debug: 'debug_line',
  silly: 'debug',
} as const;
type Level = keyof typeof LEVELS;

/** Other names of levels: those of syslog. */
const ALIASES: Readonly<Record<string, Level>> = { emerg: 'crit', alert: 'crit', fatal: 'crit', warning: 'warn' };

/** @see https://github.com/winstonjs/winston */
interface Logger {
  readonly silent?: unknown;
  isLevelEnabled(level: string): boolean;
}

type Info = Readonly<Record<string | symbol, unknown>>;

const LEVEL = Symbol.for('level');

/** What loggers of winston give to their transports: after their format, so as redactions have left it. */
export function winston(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'winston', LEVELS);
  const isWinstons = filesOf('winston', 'readable-stream');

  const transform = (nameOf: (logger: Logger) => string): Observer<() => void> => {
    function before(self: unknown, [info]: unknown[]): (() => void) | undefined {
      const logger = self as Logger;
      const levelName = String((info as Info)[LEVEL] ?? (info as Info).level);
      const level = levelOf(levelName);
      if (!events.isEnabled(level) || logger.silent || !logger.isLevelEnabled(levelName)) return undefined;
      const { text } = callSiteBelow(before, isWinstons);
      return beforeNextCall(logger, ['push'], (_, [formatted]) => {
        if (!isStructured(formatted)) return;
        const { label, message, fields } = contentOf(formatted as Info);
        const name = typeof label === 'string' ? label : nameOf(logger);
        events.emit(level, { logger: name, level: levelName, message, fields }, text);
      });
    }
    const restore = (restorePush: () => void) => restorePush();
    return { before, returned: restore, threw: restore };
  };

  const install = () =>
    changeModule({
      packageName: 'winston',
      file: 'lib/winston.js',
      change: ({ Logger, loggers }) =>
        observeAll([{ holder: Logger.prototype, name: '_transform', observer: transform(namesIn(loggers)) }]),
    });
  return [{ tracepoints: events.tracepoints, install }];
}

function levelOf(name: string): Level {
  if (Object.hasOwn(LEVELS, name)) return name as Level;
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] as Level) : 'info';
}

function contentOf(info: Info): { message: string; fields: string; label: unknown } {
  const { level: _, message, label, ...members } = plainCopy(info) as Record<string, unknown>;
  return {
    // Formats may colour all texts.
    message: stripVTControlCharacters(typeof message === 'string' ? formattedText(message) : copyText(message)),
    fields: Object.keys(members).length === 0 ? '' : jsonOf([members]),
    label,
  };
}

/** The names that loggers have in a container of winston; others are called `winston`. */
function namesIn(container: { readonly loggers?: ReadonlyMap<string, Logger> }): (logger: Logger) => string {
  return (logger) => {
    for (const [name, named] of container.loggers ?? []) if (named === logger) return name;
    return 'winston';
  };
}
