import type { EventSpec } from '@ringtail/ctf';
import { LogLevels } from '@ringtail/protocol/log-level';
import { inertSpan } from '../agent/inert-span.ts';
import { inertTracepoint } from '../agent/inert-tracepoint.ts';
import { debug } from '../host/debug.ts';
import { type FieldType, namedSpecs, str, u32 } from './fields.ts';
import { threadRegistry } from './registry.ts';
import type { SpanOf, SpanOptions } from './span.ts';
import type { ArgumentsOf, FieldList, Tracepoint, TracepointOptions } from './tracepoint.ts';

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
   * Declares a span: the events `NAME_begin` and `NAME_end`, which the field `span_id` relates. Declare it once, when
   * its module is loaded, and keep the returned object.
   *
   * Never throws, as `tracepoint`.
   *
   * @param fields of the begin: a `[name, type]` pair for each argument of `begin`, in order
   * @example
   * const order = provider('shop').span('order', [['customer', str]], { results: [['total', f64]] });
   * const id = order.begin('Ada');
   * try {
   *   order.end(id, await place());
   * } catch (error) {
   *   order.fail(id, error);
   *   throw error;
   * }
   */
  span<const Fields extends FieldList, const Results extends FieldList = readonly []>(
    name: string,
    fields: Fields,
    options?: SpanOptions<Results>,
  ): SpanOf<Fields, Results>;
  /**
   * Withdraws the tracepoints and spans that were declared through this object, for code that is unloaded or replaced.
   * They do nothing from then on, and listings leave them out.
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
        const tracepoint = threadRegistry().declare(eventSpec(`${name}:${event}`, specsOf(fields), options));
        declared.push(tracepoint);
        return tracepoint as never;
      } catch (error) {
        debug(`tracepoint ${name}:${event} cannot be recorded`, error);
        return inertTracepoint() as never;
      }
    },
    span(stem: string, fields: FieldList | FieldsByName, options: SpanOptions<FieldList> = {}): never {
      try {
        const begin = eventSpec(`${name}:${stem}_begin`, [...BEGIN_FIELDS, ...specsOf(fields)], options);
        const end = eventSpec(`${name}:${stem}_end`, [...END_FIELDS, ...specsOf(options.results ?? [])], options);
        // The registry of an older copy of the tracer has no spans.
        const span = threadRegistry().span?.(begin, end) ?? inertSpan();
        declared.push(span.begin, span.end);
        return span as never;
      } catch (error) {
        debug(`span ${name}:${stem} cannot be recorded`, error);
        return inertSpan() as never;
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

const BEGIN_FIELDS = namedSpecs({ span_id: u32, parent_id: u32 });
const END_FIELDS = namedSpecs({ span_id: u32, error: str, error_message: str });

function eventSpec(name: string, fields: EventSpec['fields'], { logLevel }: TracepointOptions): EventSpec {
  return { name, logLevel: LogLevels[logLevel ?? 'debug_line'] ?? LogLevels.debug_line, fields };
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
