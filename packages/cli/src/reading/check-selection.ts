import { nearestNames } from '@ringtail/base/text';
import {
  type EventRecordClass,
  type FilterExpression,
  type FilterField,
  parseFilter,
  type StructureFieldClass,
  type TraceClass,
} from '@ringtail/ctf';
import { nameChoice } from '@ringtail/reader';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { splitNames } from '../options/common-options.ts';
import { warn } from '../output/report.ts';
import type { ReadingOptions } from './reading-options.ts';

type Traces = readonly { readonly class: TraceClass }[];

const NAMES_SHOWN_MAX = 5;

/** Names of the fields that events of some traces can have. */
interface FieldNames {
  readonly payload: ReadonlySet<string>;
  /** Contexts of events and of their packets. */
  readonly contexts: ReadonlySet<string>;
}

/** Warns of each name pattern that matches no event, and of each field of a filter that no event has. */
export function warnOfEmptySelection(
  context: Context,
  traces: Traces,
  { name: patterns = [], filter: filters = [] }: Pick<ReadingOptions, 'name' | 'filter'>,
): void {
  const names = patterns.length === 0 ? [] : [...new Set(eventClasses(traces).map((of) => of.name))];
  for (const pattern of patterns.flatMap(splitNames)) {
    const isWanted = nameChoice([pattern]);
    if (!names.some(isWanted)) warn(context, `no event has the name "${pattern}"${nearest(pattern, names)}`);
  }
  const known = filters.length === 0 ? undefined : fieldNames(traces);
  for (const field of filters.flatMap((filter) => fieldsOf(parseFilter(filter)))) {
    const problem = problemOf(field, known!);
    if (problem !== undefined) warn(context, `the filter matches no event: ${problem}`);
  }
}

/**
 * Requires that events of some class have the field that an option names.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
export function requireField(traces: Traces, option: string, name: string | undefined): void {
  if (name === undefined) return;
  const { payload, contexts } = fieldNames(traces);
  const context = /^\$ctx\.(.+)$/.exec(name)?.[1] ?? name.replace(/^\$app\.([^:]+):(.+)$/, '_app_$1_$2');
  if (payload.has(name) || contexts.has(context)) return;
  const names = [...payload, ...contexts];
  throw new CliError('BAD_ARGUMENT', `${option}: no event has the field "${name}"${nearest(name, names)}`);
}

function problemOf({ scope, path }: FilterField, { payload, contexts }: FieldNames): string | undefined {
  const first = String(path[0]);
  if (scope === 'payload') {
    if (payload.has(first)) return undefined;
    if (contexts.has(first)) return `"${first}" is a context field, write $ctx.${first}`;
    return `none has the field "${first}"${nearest(first, payload)}`;
  }
  const member = scope === 'context' ? first : `_app_${first}_${path[1]}`;
  if (contexts.has(member)) return undefined;
  const written = scope === 'context' ? `$ctx.${first}` : `$app.${first}:${path[1]}`;
  if (payload.has(first)) return `none has the context field "${written}"; "${first}" is a field of the payload`;
  return `none has the context field "${written}"${nearest(member, contexts)}`;
}

/** `; did you mean "a" or "b"?`, else the names that there are. */
function nearest(name: string, names: Iterable<string>): string {
  const all = [...names];
  const near = nearestNames(name, all);
  if (near.length > 0) return `; did you mean ${near.slice(0, 2).map(quoted).join(' or ')}?`;
  if (all.length === 0) return '';
  const further = all.length > NAMES_SHOWN_MAX ? `, and ${all.length - NAMES_SHOWN_MAX} more` : '';
  return `; there are ${all.sort().slice(0, NAMES_SHOWN_MAX).join(', ')}${further}`;
}

function quoted(name: string): string {
  return `"${name}"`;
}

function eventClasses(traces: Traces): readonly EventRecordClass[] {
  return traces.flatMap((trace) => trace.class.dataStreamClasses.flatMap((stream) => stream.eventRecordClasses));
}

function fieldNames(traces: Traces): FieldNames {
  const streams = traces.flatMap((trace) => trace.class.dataStreamClasses);
  const events = eventClasses(traces);
  return {
    payload: memberNames(events.map(({ payload }) => payload)),
    contexts: memberNames([
      ...events.map(({ specificContext }) => specificContext),
      ...streams.flatMap(({ eventRecordCommonContext, packetContext }) => [eventRecordCommonContext, packetContext]),
    ]),
  };
}

function memberNames(structures: readonly (StructureFieldClass | undefined)[]): ReadonlySet<string> {
  return new Set(structures.flatMap((structure) => structure?.members ?? []).map(({ name }) => name));
}

function fieldsOf(expression: FilterExpression): FilterField[] {
  switch (expression.kind) {
    case 'field':
      return [expression];
    case 'unary':
      return fieldsOf(expression.operand);
    case 'binary':
      return [...fieldsOf(expression.left), ...fieldsOf(expression.right)];
    default:
      return [];
  }
}
