import { describeError } from '@ringtail/base';
import { buildArgumentCapture, type EventSpec, type FilterExpression, parseFilter } from '@ringtail/ctf';
import { type CounterKey, type DesiredTrigger, ruleMatcher } from '@ringtail/protocol';
import { lookUpContext } from '../context/look-up-context.ts';
import { type Counter, type CounterSpace, keyOf } from '../control/counter-space.ts';
import type { TallySpace } from '../control/tally-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import { MatchReports, type ReportSchedule } from './match-reports.ts';

/** All captures of a message share this much text, and so many elements of lists, so that it always fits into a frame. */
const TEXT_LENGTH_SUM = 524_288;
const TEXT_LENGTH_MAX = 65_536;
const ELEMENTS_SUM = 65_536;
const ELEMENTS_MAX = 4096;

/** Where a thread counts for its daemons. */
export interface CountingSpaces {
  readonly counters: CounterSpace;
  readonly tallies: TallySpace;
}

interface Expressions {
  /** Absent where the rule has none. */
  readonly filter: FilterExpression | undefined;
  readonly captures: readonly FilterExpression[];
}

/**
 * One trigger as this thread looks for what sets it off. There may be thousands, most of them about events that this thread never
 * emits: what takes time is done at the first event that the rule takes.
 */
export class TriggerBinding {
  isGone = false;
  readonly #link: DaemonLink;
  readonly #desired: DesiredTrigger;
  readonly #schedule: ReportSchedule;
  readonly #takes: (name: string, logLevel: number) => boolean;
  /** Null where they cannot be read, which the daemon has been told. */
  #expressions: Expressions | null | undefined;
  #reports: MatchReports | undefined;
  #spaces: CountingSpaces | undefined;
  /** Counters of keys that it has. */
  readonly #held = new Set<string>();
  #isRefusalTold = false;
  /** A recorder that is made anew is to find what was made for the one before. */
  readonly #targets = new WeakMap<EventSpec, TriggerTarget>();

  constructor(link: DaemonLink, desired: DesiredTrigger, schedule: ReportSchedule) {
    this.#link = link;
    this.#desired = desired;
    this.#schedule = schedule;
    this.#takes = ruleMatcher(desired.rule);
  }

  /** What a recorder of the event does for this trigger; undefined if that is nothing. */
  targetFor(event: EventSpec, spaces: CountingSpaces): TriggerTarget | undefined {
    if (!this.#takes(event.name, event.logLevel)) return undefined;
    const known = this.#targets.get(event);
    if (known !== undefined) return known;
    const target = this.#newTargetFor(event, spaces);
    if (target !== undefined) this.#targets.set(event, target);
    return target;
  }

  /** What names the counter of repeats that this shares with others, for events of that name; undefined if it shares none. */
  repeatsFor(eventName: string): string | undefined {
    const key = this.#desired.counter;
    if (key === null || 'index' in key || key.repeats === undefined) return undefined;
    return `${this.#link.slot}:${key.repeats}:${keyOf(key.template, eventName)}`;
  }

  /** The counter of repeats. Without one, each trigger counts, which its daemon is told. */
  repeatsCounterFor({ name }: EventSpec, counters: CounterSpace): Counter | null {
    const key = this.#desired.counter;
    if (key === null || 'index' in key || key.repeats === undefined) return null;
    return this.#counterOf({ map: key.repeats, template: key.template }, name, counters);
  }

  /** Sends what has not been told yet. */
  flush(): void {
    this.#reports?.end();
  }

  /** The same for the last time. */
  remove(): void {
    this.isGone = true;
    this.flush();
    this.#spaces?.tallies.giveBack(this.#link.slot, this.#desired.key);
    this.#spaces?.counters.giveBack(this.#link.slot, this.#held);
  }

  #newTargetFor(event: EventSpec, spaces: CountingSpaces): TriggerTarget | undefined {
    this.#expressions ??= this.#read();
    if (this.#expressions === null) return undefined;
    this.#spaces = spaces;
    const { filter, captures } = this.#expressions;
    const counter = this.#counterFor(event, spaces.counters);
    const reports = this.#reportsInto(spaces.tallies);
    if (counter === null && reports === null) return undefined;
    return {
      condition: filter === undefined ? null : { anyOf: [filter], lookUpContext },
      counter,
      once: null,
      reports,
      capture: captures.length === 0 ? null : captureOf(captures, event),
    };
  }

  #read(): Expressions | null {
    const { rule, captures } = this.#desired;
    try {
      return {
        filter: rule.filter === undefined ? undefined : parseFilter(rule.filter),
        captures: captures?.map((capture) => parseFilter(capture)) ?? [],
      };
    } catch (error) {
      const message = `a trigger is left out: ${describeError(error)}`;
      this.#link.send({ type: 'trouble', channel: null, code: 'BAD_FILTER', message });
      return null;
    }
  }

  #reportsInto(tallies: TallySpace): MatchReports | null {
    const { key, captures } = this.#desired;
    if (captures === null) return null;
    this.#reports ??= new MatchReports(this.#link, key, this.#schedule, tallies.take(this.#link.slot, key));
    return this.#reports;
  }

  #counterFor({ name }: EventSpec, counters: CounterSpace): Counter | null {
    const key = this.#desired.counter;
    return key === null ? null : this.#counterOf(key, name, counters);
  }

  #counterOf(key: CounterKey, name: string, counters: CounterSpace): Counter | null {
    try {
      const counter = counters.counterFor(this.#link, key, name, this.#held);
      if (counter !== undefined) return counter;
      this.#refuse(`there is no counter for events called ${name}`);
    } catch (error) {
      this.#refuse(describeError(error));
    }
    return null;
  }

  #refuse(reason: string): void {
    if (this.#isRefusalTold) return;
    this.#isRefusalTold = true;
    const message = `a trigger cannot count: ${reason}`;
    this.#link.send({ type: 'trouble', channel: null, code: 'NO_COUNTER', message });
  }
}

function captureOf(captures: readonly FilterExpression[], { fields }: EventSpec) {
  const count = captures.length;
  return buildArgumentCapture(
    captures,
    { fields, lookUpContext },
    {
      textLengthMax: Math.min(TEXT_LENGTH_MAX, Math.floor(TEXT_LENGTH_SUM / count)),
      elementsMax: Math.min(ELEMENTS_MAX, Math.floor(ELEMENTS_SUM / count)),
    },
  );
}
