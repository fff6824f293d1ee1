/** An event whose counterpart was not in this part of the trace. */
export interface LoneEvent {
  /** Equal in a begin and its end. */
  readonly key: string;
  /** Nanoseconds from the clock's origin. */
  readonly at: bigint;
}

/**
 * Pairs events of different parts of a trace, in the order of time, as if they had been seen one after the other.
 *
 * @returns the numbers of events without a counterpart
 */
export function matchLoneEvents<Begin extends LoneEvent, End extends LoneEvent>(
  begins: readonly Begin[],
  ends: readonly End[],
  paired: (begin: Begin, end: End, durationNs: number) => void,
): { readonly beginsWithoutEnd: number; readonly endsWithoutBegin: number } {
  const events = [
    ...begins.map((event) => ({ isBegin: true as const, event })),
    ...ends.map((event) => ({ isBegin: false as const, event })),
  ].sort((a, b) => (a.event.at < b.event.at ? -1 : a.event.at > b.event.at ? 1 : 0));
  const waiting = new Map<string, Begin[]>();
  let beginsWithoutEnd = 0;
  let endsWithoutBegin = 0;
  for (const { isBegin, event } of events) {
    if (isBegin) {
      const outer = waiting.get(event.key);
      if (outer === undefined) waiting.set(event.key, [event]);
      else outer.push(event);
      beginsWithoutEnd++;
      continue;
    }
    const begin = waiting.get(event.key)?.pop();
    if (begin === undefined) {
      endsWithoutBegin++;
      continue;
    }
    beginsWithoutEnd--;
    paired(begin, event, Number(event.at - begin.at));
  }
  return { beginsWithoutEnd, endsWithoutBegin };
}
