import type {
  CountedEvents,
  NumberQuantiles,
  PairStatistics,
  PlainValue,
  SlowPair,
  Statistics,
} from '@ringtail/analyses';
import { perSecond } from './rates.ts';

/**
 * Statistics for programs. Integers that a JSON number does not hold exactly, and times in nanoseconds, are decimal
 * text. Durations are nanoseconds.
 */
export function statisticsJson(data: Statistics) {
  const { count, bytes, firstNs, lastNs, losses, events, pairs } = data;
  const counted = (of: CountedEvents) => ({
    count: of.count,
    perSecond: perSecond(of.count, data) ?? null,
    bytes: of.bytes,
    first: timeOf(of.firstNs),
    last: timeOf(of.lastNs),
    fields: of.fields.map(({ name, ...quantiles }) => ({ name, ...quantilesOf(quantiles) })),
  });
  return {
    count,
    perSecond: perSecond(count, data) ?? null,
    bytes,
    first: timeOf(firstNs),
    last: timeOf(lastNs),
    discardedEvents: numberOf(losses.discardedEvents),
    discardedPackets: numberOf(losses.discardedPackets),
    lossesOfUnknownSize: losses.unknownReports,
    events: events.map((event) => ({
      name: event.name,
      ...counted(event),
      groups: event.groups.map(({ value, ...group }) => ({ value: jsonValue(value), ...counted(group) })),
      ungrouped: event.ungrouped,
    })),
    pairs: pairs.map(pairOf),
  };
}

function pairOf(pair: PairStatistics) {
  const { begin, end, relation, durations, bins, slowest, groups, ungrouped } = pair;
  return {
    begin,
    end,
    by: relation,
    count: durations?.count ?? 0,
    beginsWithoutEnd: pair.beginsWithoutEnd,
    endsWithoutBegin: pair.endsWithoutBegin,
    nested: pair.nestedCount,
    durationNs: durations === undefined ? null : quantilesOf(durations),
    histogram: bins.map(({ fromNs, toNs, count }) => ({ fromNs, toNs, count })),
    slowest: slowest.map(slowPairOf),
    groups: groups.map(({ value, durations: of }) => ({ value: jsonValue(value), durationNs: quantilesOf(of) })),
    ungrouped,
  };
}

function slowPairOf({ durationNs, beginNs, fields }: SlowPair) {
  const named = fields.map(([name, value]) => [name, jsonValue(value)] as const);
  return { durationNs, begin: beginNs.toString(), fields: Object.fromEntries(named) };
}

function quantilesOf({ count, minimum, median, p99, maximum, isExact }: NumberQuantiles) {
  return {
    count,
    minimum: numberOf(minimum),
    median: numberOf(median),
    p99: numberOf(p99),
    maximum: numberOf(maximum),
    exact: isExact,
  };
}

function jsonValue(value: PlainValue): number | string | boolean {
  return typeof value === 'number' || typeof value === 'bigint' ? numberOf(value) : value;
}

/** Infinite numbers are text as well: JSON has none. */
function numberOf(value: number | bigint): number | string {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function timeOf(ns: bigint | undefined): string | null {
  return ns === undefined ? null : ns.toString();
}
