import type { DataStream, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import {
  type Arguments,
  type FieldPlace,
  type PlainValue,
  placeOfContext,
  placeOfField,
  plainValue,
} from '../fields/field-place.ts';
import { scalarFields, shownValue } from '../fields/scalar-fields.ts';
import type { PairMatcher } from './pair-matcher.ts';
import type { EventPair } from './pair-rule.ts';

export const THREAD_CONTEXTS = ['vtid', 'tid', 'pthread_id'];
export const PROCESS_CONTEXTS = ['vpid', 'pid'];

/** Receives an event of a pair, with its arguments and its group. */
export type PairRole = (view: EventView, values: readonly VisitedField[], group: PlainValue | undefined) => void;

type Reader = ReturnType<Arguments['reader']>;

/**
 * How the events of a class relate to their counterparts: by a field, else by the thread, else by the data stream. The
 * pair's field, unless the user named it, and the thread count within one process.
 */
export interface Relation {
  /** Name of the field, `thread` or `data stream`. */
  readonly name: string;
  readonly place: FieldPlace | undefined;
  readonly process: FieldPlace | undefined;
  /** Whether events of different processes and traces relate as well. */
  readonly isGlobal: boolean;
}

/** @returns undefined if events of this class lack the field that the user named */
export function relationOf(
  { field }: EventPair,
  isGlobal: boolean,
  of: EventRecordClass,
  stream: DataStream,
): Relation | undefined {
  const process = placeOfFirstContext(PROCESS_CONTEXTS, of, stream);
  if (field !== undefined) {
    const place = placeOfField(field, of, stream);
    return place && { name: field, place, process, isGlobal };
  }
  const thread = placeOfFirstContext(THREAD_CONTEXTS, of, stream);
  return { name: thread === undefined ? 'data stream' : 'thread', place: thread, process, isGlobal: false };
}

export function placeOfFirstContext(
  names: readonly string[],
  of: EventRecordClass,
  stream: DataStream,
): FieldPlace | undefined {
  for (const name of names) {
    const place = placeOfContext(name, of, stream);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** @param side of the pair that events of this class are */
export function pairRole(
  matcher: PairMatcher,
  side: 'begin' | 'end',
  { place, process, isGlobal }: Relation,
  of: EventRecordClass,
  args: Arguments,
): PairRole {
  const idOf = place && args.reader(place);
  const scopeOf = isGlobal ? () => matcher.scope('') : scopeReader(matcher, process && args.reader(process));
  const shown = scalarFields(of).map(({ name, fieldClass }) => ({ name, fieldClass, index: args.add(name) }));
  return (view, values, group) => {
    const { seconds, nanoseconds, stream } = view;
    const id = idOf === undefined ? stream : idOf(view, values);
    if (id === undefined) return;
    // Texts live until the handler returns.
    const kept = shown.map(({ index }) => plainValue(values[index]));
    const fields = () =>
      shown.flatMap(({ name, fieldClass }, i) => {
        const value = kept[i];
        return value === undefined ? [] : [[name, shownValue(fieldClass, value)] as const];
      });
    matcher[side](scopeOf(view, values), id, { seconds, nanoseconds, stream, group, fields });
  };
}

/** Finds the scope of an event: its trace, and its process if the events contain it. */
function scopeReader(matcher: PairMatcher, processOf: Reader | undefined) {
  const scopes = new Map<DataStream['trace'], Map<PlainValue | undefined, ReturnType<PairMatcher['scope']>>>();
  return (view: EventView, values: readonly VisitedField[]) => {
    const { trace } = view.stream;
    let ofTrace = scopes.get(trace);
    if (ofTrace === undefined) {
      ofTrace = new Map();
      scopes.set(trace, ofTrace);
    }
    const process = processOf?.(view, values);
    let scope = ofTrace.get(process);
    if (scope === undefined) {
      scope = matcher.scope(`${trace.uuid ?? trace.name}/${process ?? ''}`);
      ofTrace.set(process, scope);
    }
    return scope;
  };
}
