import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { observeAll } from '../wrap.ts';
import { callSiteBelow, filesOf } from './call-site.ts';
import { consoleText } from './console-text.ts';
import { loggerEvents } from './logger-events.ts';

/** The function that makes loggers of the package `debug`. Each call of a logger uses these properties. */
interface CreateDebug {
  /** Makes a text of the first argument, if it is an error. */
  readonly coerce: unknown;
  /** Replaces places of the text, such as `%o`, by the texts of values, which it takes out of the arguments. */
  readonly formatters: Readonly<Record<string, unknown>>;
  /** Completes the text for the terminal. */
  readonly formatArgs: unknown;
}

/** A call of a logger between `coerce` and `formatArgs`. */
interface Call {
  readonly first: unknown;
  readonly formatted: Formatted[];
  /** The call within whose formatter this one was made. */
  readonly outer: Call | undefined;
}

interface Formatted {
  readonly letter: string;
  readonly value: unknown;
  text: unknown;
}

const PLACE = /%([a-zA-Z%])/g;
/** Places that Node.js fills. */
const NODE_LETTERS = 'sdifjc';
/** Formatters of the package, which show objects. */
const INSPECTING = 'oO';

/** What enabled loggers of the package `debug` log. */
export function debug(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'debug', { debug: 'debug_line' });
  const isDebugs = filesOf('debug');

  function logged(logger: { readonly namespace?: unknown }, args: readonly unknown[]): void {
    const record = { logger: String(logger.namespace), level: 'debug', ...consoleText(args) };
    events.emit('debug', record, callSiteBelow(logged, isDebugs).text);
  }

  const install = () =>
    changeModule({
      packageName: 'debug',
      file: 'src/node.js',
      change: (createDebug: CreateDebug) => observeCalls(createDebug, logged),
    });
  return [{ tracepoints: events.tracepoints, install }];
}

/** @param logged gets the arguments of each call as the program has passed them */
function observeCalls(createDebug: CreateDebug, logged: (logger: object, args: readonly unknown[]) => void) {
  let call: Call | undefined;
  const formatters = new Map<string, { readonly observed: unknown; readonly end: () => void }>();

  /** Also formatters that the program has added since the last call. */
  const observeFormatters = () => {
    const { formatters: all } = createDebug;
    for (const letter of Object.keys(all)) {
      if (formatters.get(letter)?.observed === all[letter]) continue;
      const end = observeAll([{ holder: all, name: letter, observer: formatterObserver(letter) }]);
      formatters.set(letter, { observed: all[letter], end });
    }
  };
  const formatterObserver = (letter: string) => ({
    before(_: unknown, [value]: unknown[]): Formatted | undefined {
      const formatted = { letter, value, text: '' };
      call?.formatted.push(formatted);
      return formatted;
    },
    returned(formatted: Formatted, text: unknown) {
      formatted.text = text;
    },
    threw() {
      call = call?.outer;
    },
  });
  const coerce = {
    before: () => {
      observeFormatters();
      return true;
    },
    returned(_: boolean, first: unknown) {
      call = { first, formatted: [], outer: call };
    },
  };
  const formatArgs = {
    before(self: unknown, [args]: unknown[]) {
      const ended = call;
      call = call?.outer;
      if (ended !== undefined) logged(self as object, argumentsOf(ended, (args as readonly unknown[]).slice(1)));
      return undefined;
    },
  };
  const end = observeAll([
    { holder: createDebug, name: 'coerce', observer: coerce },
    { holder: createDebug, name: 'formatArgs', observer: formatArgs },
  ]);
  return () => {
    end();
    for (const formatter of formatters.values()) formatter.end();
  };
}

/** @param rest arguments that no formatter has taken */
function argumentsOf({ first, formatted }: Call, rest: readonly unknown[]): unknown[] {
  const values: unknown[] = [];
  let formattedCount = 0;
  let restCount = 0;
  const format = (typeof first === 'string' ? first : '%O').replace(PLACE, (place, letter: string) => {
    const next = formatted[formattedCount];
    if (next?.letter === letter) {
      formattedCount++;
      values.push(INSPECTING.includes(letter) ? next.value : next.text);
      return INSPECTING.includes(letter) ? '%O' : '%s';
    }
    if (NODE_LETTERS.includes(letter) && restCount < rest.length) values.push(rest[restCount++]);
    return place;
  });
  return [format, ...values, ...rest.slice(restCount)];
}
