import type { EventSpec } from '@ringtail/ctf';
import { type LogLevelName, LogLevels } from '@ringtail/protocol/log-level';
import { inertTracepoint } from '../agent/inert-tracepoint.ts';
import { debug } from '../host/debug.ts';
import { type FieldType, namedSpecs } from './fields.ts';
import { threadRegistry } from './registry.ts';
import type { ArgumentsOf, FieldList, Tracepoint } from './tracepoint.ts';

export interface TracepointOptions {
  /** Default: `debug_line`, as in LTTng. */
  readonly logLevel?: LogLevelName;
}

/** A group of tracepoints: the part of an event's name before the colon. */
export interface Provider {
  readonly name: string;

  /**
   * Declares a tracepoint. Declare it once, when its module is loaded, and keep the returned function.
   *
   * Never throws. A declaration that cannot be recorded, because of a bad name for instance, gives a tracepoint that
   * does nothing. It is reported to the session daemon and, with `RINGTAIL_DEBUG=1`, to standard error.
   *
   * @param fields a `[name, type]` pair for each argument, in order. The compiler checks the number of the arguments
   *   and the type of each one
   * @example
   * const orderPlaced = provider('shop').tracepoint('order_placed', [
   *   ['id', u64],
   *   ['total', f64],
   *   ['customer', str],
   * ]);
   * orderPlaced(order.id, order.total, order.customer);
   */
  tracepoint<const Fields extends FieldList>(
    name: string,
    fields: Fields,
    options?: TracepointOptions,
  ): Tracepoint<ArgumentsOf<Fields>>;
  /**
   * Withdraws the tracepoints that were declared through this object, for code that is unloaded or replaced. They do
   * nothing from then on, and listings leave them out.
   */
  withdraw(): void;
}

/** The provider with this name. Several calls with one name give parts of the same provider. */
export function provider(name: string): Provider {
  const declared: unknown[] = [];
  return {
    name,
    // The registry does not know argument types: only the signatures above check callers.
    tracepoint(event: string, fields: FieldList | FieldsByName, options: TracepointOptions = {}): never {
      try {
        const spec: EventSpec = {
          name: `${name}:${event}`,
          logLevel: LogLevels[options.logLevel ?? 'debug_line'] ?? LogLevels.debug_line,
          fields: specsOf(fields),
        };
        const tracepoint = threadRegistry().declare(spec);
        declared.push(tracepoint);
        return tracepoint as never;
      } catch (error) {
        debug(`tracepoint ${name}:${event} cannot be recorded`, error);
        return inertTracepoint() as never;
      }
    },
    withdraw() {
      try {
        // The registry of an older copy of the tracer cannot.
        threadRegistry().withdraw?.(declared.splice(0));
      } catch (error) {
        debug(`tracepoints of ${name} stay`, error);
      }
    },
  };
}

/** An object of field types, which programs in plain JavaScript may pass: TypeScript would not know its order. */
type FieldsByName = Readonly<Record<string, FieldType<unknown>>>;

/** Programs in plain JavaScript may pass any value. The registry refuses a field without a specification. */
function specsOf(fields: FieldList | FieldsByName | null | undefined): EventSpec['fields'] {
  if (typeof fields !== 'object' || fields === null) return fields as never;
  if (!isList(fields)) return namedSpecs(fields);
  return fields.map((field) => ({ name: field?.[0], spec: field?.[1]?.spec }));
}

function isList(fields: FieldList | FieldsByName): fields is FieldList {
  return Array.isArray(fields);
}
