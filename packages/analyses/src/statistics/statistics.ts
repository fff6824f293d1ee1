import type { DataStream, EventHandler, EventRecordClass, EventView, LossMessage, VisitedField } from '@ringtail/ctf';
import { Arguments, type PlainValue, placeOfField } from '../fields/field-place.ts';
import { numericFields, shownValue } from '../fields/scalar-fields.ts';
import { Groups, type GroupsState } from '../groups.ts';
import type { Handler } from '../handler.ts';
import type { NumberSummary } from '../numbers/number-summary.ts';
import { PairMatcher, type PairNames, type PairState, type PairStatistics } from '../pairs/pair-matcher.ts';
import { type PairRole, pairRole, relationOf } from '../pairs/pair-role.ts';
import { EventPairs } from '../pairs/pair-rule.ts';
import { type CountedEvents, EventCounts, type EventCountsState } from './event-counts.ts';
import { addLosses, type Losses, lossesOf, NO_LOSSES } from './losses.ts';

const SLOWEST_COUNT = 3;

export interface StatisticsOptions {
  /** Field by whose values events and pairs are grouped, see `placeOfField`. */
  readonly by?: string | undefined;
  /** Field that relates begins to ends, also of different processes. If absent, `EventPairs` has a rule. */
  readonly pairBy?: string | undefined;
  /** Number of slowest pairs that are kept with their fields. Three if absent. */
  readonly slowest?: number | undefined;
}

/** Events with one value of the field that groups. */
export interface GroupStatistics extends CountedEvents {
  readonly value: PlainValue;
}

/** Events of one name, of all traces. */
export interface EventStatistics extends CountedEvents {
  readonly name: string;
  readonly groups: readonly GroupStatistics[];
  /** Events whose group was left out, since there are too many groups. */
  readonly ungrouped: number;
}

export interface Statistics {
  readonly count: number;
  readonly bytes: number;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  readonly losses: Losses;
  /** The most frequent first. */
  readonly events: readonly EventStatistics[];
  /** By the names of their events. */
  readonly pairs: readonly PairStatistics[];
  /** Whether any event has the field that groups. */
  readonly hasGroups: boolean;
}

interface EventState {
  readonly name: string;
  readonly counts: EventCountsState;
  readonly groups: GroupsState<EventCountsState>;
}

export interface StatisticsState {
  readonly events: readonly EventState[];
  readonly pairs: readonly PairState[];
  readonly losses: Losses;
}

/**
 * Counts events by name with the quantiles of their numbers, and pairs the begins and ends of operations.
 *
 * `EventPairs` finds pairs by the names of events, and the field that relates them.
 */
export function statistics(options: StatisticsOptions = {}): Handler<StatisticsState, Statistics> {
  return new StatisticsHandler(options);
}

/** The events of one name. */
class NamedEvents {
  readonly name: string;
  readonly counts = new EventCounts();
  readonly groups = new Groups<EventCountsState, EventCounts>(() => new EventCounts());

  constructor(name: string) {
    this.name = name;
  }

  state(): EventState {
    return { name: this.name, counts: this.counts.state(), groups: this.groups.state() };
  }

  merge({ counts, groups }: EventState): void {
    this.counts.merge(counts);
    this.groups.merge(groups);
  }

  data(): EventStatistics {
    const { name, counts, groups } = this;
    const ofGroups = groups.map((value, group) => ({ value, ...group.data() }));
    return { name, ...counts.data(), groups: ofGroups, ungrouped: groups.ungrouped };
  }
}

class StatisticsHandler implements Handler<StatisticsState, Statistics> {
  readonly #options: StatisticsOptions;
  readonly #pairRule: EventPairs;
  readonly #events = new Map<string, NamedEvents>();
  readonly #matchers = new Map<string, PairMatcher>();
  #losses = NO_LOSSES;

  constructor(options: StatisticsOptions) {
    this.#options = options;
    this.#pairRule = new EventPairs(options.pairBy);
  }

  see(of: EventRecordClass, stream: DataStream): EventHandler {
    const args = new Arguments();
    const events = this.#eventsOf(of.name);
    const isTimed = stream.clockClass !== undefined;
    const numbers = numericFields(of).map((field) => ({ ...field, index: args.add(field.path[0]) }));
    const groupOf = this.#groupReader(of, stream, args);
    const role = isTimed ? this.#roleOf(of, stream, args) : undefined;
    const note = (counts: EventCounts): ((view: EventView, values: readonly VisitedField[]) => void) => {
      const fields = numbers.map(({ name, base, path, index }) => ({
        summary: counts.numbers(name, base),
        path,
        index,
      }));
      return (view, values) => {
        counts.note(view.bytes);
        if (isTimed) counts.noteTime(view);
        for (const { summary, path, index } of fields) addNumber(summary, values[index], path);
      };
    };
    const noteAll = note(events.counts);
    if (groupOf === undefined) {
      return {
        fields: args.names,
        handle: (view, ...values: VisitedField[]) => {
          noteAll(view, values);
          role?.(view, values, undefined);
        },
      };
    }
    const noteGroup = new Map<EventCounts, ReturnType<typeof note>>();
    return {
      fields: args.names,
      handle: (view, ...values: VisitedField[]) => {
        noteAll(view, values);
        const value = groupOf(view, values);
        const group = value === undefined ? undefined : events.groups.get(value);
        if (group !== undefined) {
          let noteOne = noteGroup.get(group);
          if (noteOne === undefined) {
            noteOne = note(group);
            noteGroup.set(group, noteOne);
          }
          noteOne(view, values);
        }
        role?.(view, values, value);
      },
    };
  }

  /** Reads the value that groups events; undefined if nothing groups them. */
  #groupReader(of: EventRecordClass, stream: DataStream, args: Arguments) {
    const { by } = this.#options;
    const place = by === undefined ? undefined : placeOfField(by, of, stream);
    if (place === undefined) return undefined;
    const read = args.reader(place);
    const fieldClass = of.payload?.members.find(({ name }) => name === by)?.fieldClass;
    if (fieldClass?.kind !== 'enumeration') return read;
    return (view: EventView, values: readonly VisitedField[]) => {
      const value = read(view, values);
      return value === undefined ? undefined : shownValue(fieldClass, value);
    };
  }

  #roleOf(of: EventRecordClass, stream: DataStream, args: Arguments): PairRole | undefined {
    const pair = this.#pairRule.pairOf(of, stream);
    if (pair === undefined) return undefined;
    const relation = relationOf(pair, this.#options.pairBy !== undefined, of, stream);
    if (relation === undefined) return undefined;
    const matcher = this.#matcherOf({ begin: pair.begin, end: pair.end, relation: relation.name });
    return pairRole(matcher, of.name === pair.begin ? 'begin' : 'end', relation, of, args);
  }

  #eventsOf(name: string): NamedEvents {
    let events = this.#events.get(name);
    if (events === undefined) {
      events = new NamedEvents(name);
      this.#events.set(name, events);
    }
    return events;
  }

  #matcherOf({ begin, end, relation }: PairNames): PairMatcher {
    const key = JSON.stringify([begin, end, relation]);
    let matcher = this.#matchers.get(key);
    if (matcher === undefined) {
      const { slowest = SLOWEST_COUNT } = this.#options;
      matcher = new PairMatcher({ begin, end, relation }, slowest);
      this.#matchers.set(key, matcher);
    }
    return matcher;
  }

  seeLoss(loss: LossMessage): void {
    this.#losses = addLosses(this.#losses, lossesOf(loss));
    for (const matcher of this.#matchers.values()) matcher.giveUp(loss.stream);
  }

  state(): StatisticsState {
    return {
      events: [...this.#events.values()].map((events) => events.state()),
      pairs: [...this.#matchers.values()].map((matcher) => matcher.state()),
      losses: this.#losses,
    };
  }

  merge({ events, pairs, losses }: StatisticsState): void {
    for (const state of events) this.#eventsOf(state.name).merge(state);
    for (const state of pairs) this.#matcherOf(state).merge(state);
    this.#losses = addLosses(this.#losses, losses);
  }

  data(): Statistics {
    const all = new EventCounts();
    const seen = [...this.#events.values()].filter(({ counts }) => counts.count > 0);
    for (const { counts } of seen) all.merge({ ...counts.state(), fields: [] });
    const { count, bytes, firstNs, lastNs } = all.data();
    const events = seen.map((one) => one.data());
    return {
      count,
      bytes,
      firstNs,
      lastNs,
      losses: this.#losses,
      events: events.sort((a, b) => b.count - a.count || compareTexts(a.name, b.name)),
      pairs: this.#pairs(),
      hasGroups: events.some(({ groups }) => groups.length > 0),
    };
  }

  #pairs(): PairStatistics[] {
    const pairs = [...this.#matchers.values()].map((matcher) => matcher.data());
    const isSeen = ({ durations, beginsWithoutEnd, endsWithoutBegin }: PairStatistics) =>
      durations !== undefined || beginsWithoutEnd + endsWithoutBegin > 0;
    return pairs.filter(isSeen).sort((a, b) => compareTexts(a.begin, b.begin) || compareTexts(a.relation, b.relation));
  }
}

function addNumber(summary: NumberSummary, field: VisitedField, path: readonly string[]): void {
  let value: unknown = field;
  for (let depth = 1; depth < path.length; depth++)
    value = (value as Record<string, unknown> | undefined)?.[path[depth]!];
  summary.addField(value);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
