import type { DataStream, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { type Arguments, type PlainValue, placeOfField } from '../fields/field-place.ts';
import type { EventPair } from '../pairs/pair-rule.ts';
import type { Thread } from '../threads/threads.ts';

/** What relates an event of a pair to its counterpart. */
interface PairKey {
  /** Equal in a begin and its end, in all parts of a trace. */
  readonly key: string;
  /** Undefined if the thread or the data stream relates them. */
  readonly id: PlainValue | undefined;
}

/** Finds the keys of the events of a pair. @returns undefined for an event without the field of the pair */
export function pairKeyReader({ begin, field }: EventPair, of: EventRecordClass, stream: DataStream, args: Arguments) {
  const place = field === undefined ? undefined : placeOfField(field, of, stream);
  const idOf = place && args.reader(place);
  return (view: EventView, values: readonly VisitedField[], { key, process }: Thread): PairKey | undefined => {
    if (idOf === undefined) return { key: `${key}/${begin}`, id: undefined };
    const id = idOf(view, values);
    return id === undefined ? undefined : { key: `${process.key}/${begin}/${typeof id}/${id}`, id };
  };
}
