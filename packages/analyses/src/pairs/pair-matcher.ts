import { type Instant, nanosecondsOf } from '@ringtail/base';
import type { DataStream } from '@ringtail/ctf';
import type { PlainValue } from '../fields/field-place.ts';
import type { NumberQuantiles } from '../numbers/number-summary.ts';
import type { DurationBin } from './duration-bins.ts';
import { type DurationGroup, DurationSummary, type DurationSummaryState, type SlowPair } from './duration-summary.ts';
import { type LoneEvent, matchLoneEvents } from './lone-events.ts';

/** Begins that wait for their end; beyond, the oldest of the same process is given up. */
const WAITING_MAX = 100_000;
/** Ends without a begin that are kept: the begin may be in another part of the trace. */
const ENDS_MAX = 10_000;

type Fields = SlowPair['fields'];

/** An event of a pair at the moment it is seen. */
export interface PairEvent extends Instant {
  readonly stream: DataStream;
  readonly group: PlainValue | undefined;
  /** Called later, if at all. */
  fields(): Fields;
}

/** The begins of one process that wait for their end. */
export class PairScope {
  readonly name: string;
  /** By the value that relates a begin to its end. The last begin is the innermost. */
  readonly waiting = new Map<PlainValue | DataStream, PairEvent[]>();

  constructor(name: string) {
    this.name = name;
  }
}

/** An event whose counterpart was not in this part of the trace. */
interface LonePairEvent extends LoneEvent {
  readonly group: PlainValue | undefined;
  readonly fields: Fields;
}

export interface PairNames {
  /** Names of the events. */
  readonly begin: string;
  readonly end: string;
  /** Name of the field that relates a begin to its end, `thread` or `data stream`. */
  readonly relation: string;
}

export interface PairState extends PairNames {
  readonly durations: DurationSummaryState;
  readonly nestedCount: number;
  readonly begins: readonly LonePairEvent[];
  readonly ends: readonly LonePairEvent[];
  /** Given up, so that no part of the trace can pair them. */
  readonly lostBegins: number;
  readonly lostEnds: number;
}

export interface PairStatistics extends PairNames {
  /** In nanoseconds; undefined without pairs. */
  readonly durations: NumberQuantiles | undefined;
  readonly bins: readonly DurationBin[];
  readonly slowest: readonly SlowPair[];
  readonly groups: readonly DurationGroup[];
  /** Pairs whose group was left out, since there are too many groups. */
  readonly ungrouped: number;
  /** Begins while an earlier begin of the same thread, or with the same value, waited for its end. */
  readonly nestedCount: number;
  readonly beginsWithoutEnd: number;
  readonly endsWithoutBegin: number;
}

/** Pairs begins with ends: an end belongs to the last begin before it that has the same key and no end yet. */
export class PairMatcher {
  readonly #names: PairNames;
  readonly #slowestMax: number;
  readonly #durations: DurationSummary;
  readonly #scopes = new Map<string, PairScope>();
  #waitingCount = 0;
  #nestedCount = 0;
  /** Of other parts of the trace. */
  readonly #otherBegins: LonePairEvent[] = [];
  readonly #ends: LonePairEvent[] = [];
  #lostBegins = 0;
  #lostEnds = 0;

  constructor(names: PairNames, slowestMax: number) {
    this.#names = names;
    this.#slowestMax = slowestMax;
    this.#durations = new DurationSummary(slowestMax);
  }

  scope(name: string): PairScope {
    let scope = this.#scopes.get(name);
    if (scope === undefined) {
      scope = new PairScope(name);
      this.#scopes.set(name, scope);
    }
    return scope;
  }

  begin(scope: PairScope, id: PlainValue | DataStream, event: PairEvent): void {
    const outer = scope.waiting.get(id);
    if (outer === undefined) {
      scope.waiting.set(id, [event]);
    } else {
      outer.push(event);
      this.#nestedCount++;
    }
    if (++this.#waitingCount > WAITING_MAX) this.#giveUpOldest(scope);
  }

  end(scope: PairScope, id: PlainValue | DataStream, event: PairEvent): void {
    const begins = scope.waiting.get(id);
    const begin = begins?.pop();
    if (begin === undefined) {
      if (this.#ends.length < ENDS_MAX) this.#ends.push(loneEvent(scope, id, event));
      else this.#lostEnds++;
      return;
    }
    if (begins!.length === 0) scope.waiting.delete(id);
    this.#waitingCount--;
    const durationNs = (event.seconds - begin.seconds) * 1e9 + event.nanoseconds - begin.nanoseconds;
    const pair = () => slowPair(durationNs, nanosecondsOf(begin), begin.fields(), event.fields());
    this.#durations.add(durationNs, begin.group ?? event.group, pair);
  }

  /** Gives up the begins of a data stream that lost events: their ends may be among these. */
  giveUp(stream: DataStream): void {
    if (this.#names.relation !== 'thread' && this.#names.relation !== 'data stream') return;
    for (const { waiting } of this.#scopes.values()) {
      for (const [id, begins] of waiting) {
        if (begins[0]!.stream === stream) this.#drop(waiting, id, begins.length);
      }
    }
  }

  #giveUpOldest({ waiting }: PairScope): void {
    const [id] = waiting.keys();
    this.#drop(waiting, id!, waiting.get(id!)!.length);
  }

  #drop(waiting: PairScope['waiting'], id: PlainValue | DataStream, count: number): void {
    waiting.delete(id);
    this.#waitingCount -= count;
    this.#lostBegins += count;
  }

  state(): PairState {
    return {
      ...this.#names,
      durations: this.#durations.state(),
      nestedCount: this.#nestedCount,
      begins: this.#begins(),
      ends: this.#ends,
      lostBegins: this.#lostBegins,
      lostEnds: this.#lostEnds,
    };
  }

  #begins(): LonePairEvent[] {
    const own = [...this.#scopes.values()].flatMap((scope) =>
      [...scope.waiting].flatMap(([id, begins]) => begins.map((begin) => loneEvent(scope, id, begin))),
    );
    return [...this.#otherBegins, ...own];
  }

  merge({ durations, nestedCount, begins, ends, lostBegins, lostEnds }: PairState): void {
    this.#durations.merge(durations);
    this.#nestedCount += nestedCount;
    this.#otherBegins.push(...begins);
    this.#ends.push(...ends);
    this.#lostBegins += lostBegins;
    this.#lostEnds += lostEnds;
  }

  data(): PairStatistics {
    const summary = new DurationSummary(this.#slowestMax);
    summary.merge(this.#durations.state());
    const { beginsWithoutEnd, endsWithoutBegin } = matchLoneEvents(
      this.#begins(),
      this.#ends,
      (begin, end, durationNs) =>
        summary.add(durationNs, begin.group ?? end.group, () =>
          slowPair(durationNs, begin.at, begin.fields, end.fields),
        ),
    );
    return {
      ...this.#names,
      ...summary.data(),
      nestedCount: this.#nestedCount,
      beginsWithoutEnd: this.#lostBegins + beginsWithoutEnd,
      endsWithoutBegin: this.#lostEnds + endsWithoutBegin,
    };
  }
}

function loneEvent(scope: PairScope, id: PlainValue | DataStream, event: PairEvent): LonePairEvent {
  const idText = typeof id === 'object' ? `${id.class.id}/${id.id}` : `${typeof id === 'string' ? '"' : ''}${id}`;
  return {
    key: `${scope.name}/${idText}`,
    at: nanosecondsOf(event),
    group: event.group,
    fields: event.fields(),
  };
}

function slowPair(durationNs: number, beginNs: bigint, ofBegin: Fields, ofEnd: Fields): SlowPair {
  const known = new Set(ofBegin.map(([name]) => name));
  return { durationNs, beginNs, fields: [...ofBegin, ...ofEnd.filter(([name]) => !known.has(name))] };
}
