import { describeError } from '@ringtail/base';
import { buildArgumentCapture, type EventSpec, type FilterExpression, parseFilter } from '@ringtail/ctf';
import { type CounterKey, type DesiredTrigger, nameOfPattern, ruleMatcher } from '@ringtail/protocol';
import { lookUpContext } from '../context/look-up-context.ts';
import type { Counter, CounterSpace } from '../control/counter-space.ts';
import type { TallySpace } from '../control/tally-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import { MatchReports, type ReportSchedule } from './match-reports.ts';

/** Limits of the text and the list elements in all captures of a message, so that the message fits into a frame. */
const TEXT_LENGTH_SUM = 524_288;
const TEXT_LENGTH_MAX = 65_536;
const ELEMENTS_SUM = 65_536;
const ELEMENTS_MAX = 4096;

/** Counters and tallies of a thread, which its daemons read. */
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
 * One trigger in this thread. Most triggers are about events that this thread never emits, so filter and captures are
 * parsed at the first event that the rule matches.
 */
export class TriggerBinding {
  /** The only event name that the rule matches; undefined if its pattern has a star. */
  readonly name: string | undefined;
  readonly #link: DaemonLink;
  readonly #desired: DesiredTrigger;
  readonly #schedule: ReportSchedule;
  readonly #matches: (name: string, logLevel: number) => boolean;
  /** Null where they cannot be parsed, which the daemon knows. */
  #expressions: Expressions | null | undefined;
  #reports: MatchReports | undefined;
  #spaces: CountingSpaces | undefined;
  /** Names of the counters of keys that it uses. */
  readonly #held = new Set<string>();
  #isRefusalSent = false;
  /** A recorder that is compiled again finds the targets of the one before. */
  readonly #targets = new WeakMap<EventSpec, TriggerTarget>();

  constructor(link: DaemonLink, desired: DesiredTrigger, schedule: ReportSchedule) {
    this.#link = link;
    this.#desired = desired;
    this.#schedule = schedule;
    this.#matches = ruleMatcher(desired.rule);
    this.name = nameOfPattern(desired.rule.pattern);
  }

  /** What a recorder of the event does for this trigger; undefined if nothing. */
  targetFor(event: EventSpec, spaces: CountingSpaces): TriggerTarget | undefined {
    if (!this.#matches(event.name, event.logLevel)) return undefined;
    const known = this.#targets.get(event);
    if (known !== undefined) return known;
    const target = this.#newTargetFor(event, spaces);
    if (target !== undefined) this.#targets.set(event, target);
    return target;
  }

  /** Sends the matches that are not reported yet. */
  flush(): void {
    this.#reports?.end();
  }

  /** The same for the last time. */
  remove(): void {
    this.flush();
    this.#spaces?.tallies.giveBack(this.#link.slot, this.#desired.key);
    this.#spaces?.counters.giveBack(this.#link.slot, this.#held);
  }

  #newTargetFor(event: EventSpec, spaces: CountingSpaces): TriggerTarget | undefined {
    this.#expressions ??= this.#read();
    if (this.#expressions === null) return undefined;
    this.#spaces = spaces;
    const { filter, captures } = this.#expressions;
    const counters = this.#countersFor(event, spaces.counters);
    const reports = this.#reportsInto(spaces.tallies);
    if (counters.counter === null && reports === null) return undefined;
    return {
      condition: filter === undefined ? null : { anyOf: [filter], lookUpContext },
      ...counters,
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

  #countersFor({ name }: EventSpec, counters: CounterSpace): Pick<TriggerTarget, 'counter' | 'once'> {
    const key = this.#desired.counter;
    const none = { counter: null, once: null };
    if (key === null) return none;
    const counter = this.#counterOf(key, name, counters);
    if (counter === null || 'index' in key || key.perEvent === undefined) return { counter, once: null };
    const once = this.#counterOf({ map: key.perEvent, template: key.template }, name, counters);
    return once === null ? none : { counter, once };
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
    if (this.#isRefusalSent) return;
    this.#isRefusalSent = true;
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
