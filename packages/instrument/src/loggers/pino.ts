import { subscribeAll } from '../channels.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { callSiteBelow, filesOf } from './call-site.ts';
import { formattedText } from './formatted-text.ts';
import { loggerEvents } from './logger-events.ts';
import { isStructured, jsonOf, plainCopy } from './plain-value.ts';
import { STANDARD_LEVELS, standardLevel } from './standard-levels.ts';

/** @see https://getpino.io/#/docs/diagnostics */
interface Serialized {
  readonly instance: Logger;
  readonly arguments: readonly [object: unknown, message: unknown, level: number, time: unknown];
  /** The line that is written; undefined if a serializer has thrown. */
  readonly result?: unknown;
}

interface Logger {
  readonly levels?: { readonly labels?: Readonly<Record<number, string>> };
  readonly [key: symbol]: unknown;
}

/** The line is read only up to this length. */
const LINE_LENGTH_MAX = 262_144;
/** Members that the event has in fields of its own. */
const OWN_MEMBERS = ['level', 'time', 'pid', 'hostname', 'name'];
const MESSAGE_KEY = 'pino.messageKey';

const { parse } = JSON;
const { getOwnPropertySymbols, getPrototypeOf } = Object;

/** What loggers of pino write, as their serializers and redactions have left it. */
export function pino(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'pino', STANDARD_LEVELS);
  const isPinos = filesOf('pino');

  function logged({ instance, arguments: [, , number], result }: Serialized): void {
    const level = standardLevel(number, 20, 10);
    if (typeof result !== 'string' || !events.isEnabled(level)) return;
    const members = membersOf(result);
    const key = messageKeyOf(instance);
    const { name, [key]: message } = members;
    for (const member of [...OWN_MEMBERS, key]) delete members[member];
    const record = {
      logger: typeof name === 'string' ? name : 'pino',
      level: instance.levels?.labels?.[number] ?? String(number),
      message: typeof message === 'string' ? formattedText(message) : jsonOf([plainCopy(message)]),
      fields: Object.keys(members).length === 0 ? '' : jsonOf([plainCopy(members)]),
    };
    events.emit(level, record, callSiteBelow(logged, isPinos).text);
  }

  return [{ tracepoints: events.tracepoints, install: () => subscribeAll({ 'tracing:pino_asJson:end': logged }) }];
}

function membersOf(line: string): Record<string, unknown> {
  if (line.length > LINE_LENGTH_MAX) return { '…': `${line.length} characters` };
  try {
    const members: unknown = parse(line);
    return isStructured(members) ? (members as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Each copy of pino has a symbol of its own. Child loggers inherit the property. */
function messageKeyOf(logger: Logger): string {
  for (let holder: object | null = logger; holder !== null; holder = getPrototypeOf(holder)) {
    const symbol = getOwnPropertySymbols(holder).find(({ description }) => description === MESSAGE_KEY);
    const key = symbol === undefined ? undefined : logger[symbol];
    if (typeof key === 'string') return key;
  }
  return 'msg';
}
