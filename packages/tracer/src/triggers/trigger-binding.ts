import { describeError } from '@ringtail/base';
import { buildArgumentCapture, type EventSpec, type FilterExpression, parseFilter } from '@ringtail/ctf';
import { type DesiredTrigger, nameOfPattern, ruleMatcher } from '@ringtail/protocol';
import { lookUpContext } from '../context/look-up-context.ts';
import type { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { Counter, TriggerTarget } from '../recorder/recorder-plan.ts';
import { MatchReports, type ReportSchedule } from './match-reports.ts';

/** Limits of the text and the list elements in all captures of a message, so that the message fits into a frame. */
const TEXT_LENGTH_SUM = 524_288;
const TEXT_LENGTH_MAX = 65_536;
const ELEMENTS_SUM = 65_536;
const ELEMENTS_MAX = 4096;

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
  #counters: CounterSpace | undefined;
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
  targetFor(event: EventSpec, counters: CounterSpace): TriggerTarget | undefined {
    if (!this.#matches(event.name, event.logLevel)) return undefined;
    const known = this.#targets.get(event);
    if (known !== undefined) return known;
    const target = this.#newTargetFor(event, counters);
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
    this.#counters?.giveBack(this.#link.slot, this.#held);
  }

  #newTargetFor(event: EventSpec, counters: CounterSpace): TriggerTarget | undefined {
    this.#expressions ??= this.#read();
    if (this.#expressions === null) return undefined;
    this.#counters = counters;
    const { filter, captures } = this.#expressions;
    const { slot } = this.#link;
    const counter = this.#try(() => counters.at(slot, this.#desired.counter), event) ?? null;
    const keys = this.#desired.keys.flatMap(
      (key) => this.#try(() => counters.counterFor(this.#link, key, event.name, this.#held), event) ?? [],
    );
    const reports = this.#reportsFor(event, counters);
    if (reports === null && (counter === null || keys.length < this.#desired.keys.length)) return undefined;
    return {
      condition: filter === undefined ? null : { anyOf: [filter], lookUpContext },
      counter,
      keys,
      reports,
      capture: captures.length === 0 ? null : captureOf(captures, event),
    };
  }

  #read(): Expressions | null {
    const { rule, reports } = this.#desired;
    try {
      return {
        filter: rule.filter === undefined ? undefined : parseFilter(rule.filter),
        captures: reports?.captures.map((capture) => parseFilter(capture)) ?? [],
      };
    } catch (error) {
      const message = `a trigger is left out: ${describeError(error)}`;
      this.#link.send({ type: 'trouble', channel: null, code: 'BAD_FILTER', message });
      return null;
    }
  }

  #reportsFor(event: EventSpec, counters: CounterSpace): MatchReports | null {
    const { key, reports } = this.#desired;
    if (reports === null) return null;
    const missed = this.#try(() => counters.at(this.#link.slot, reports.missed), event);
    this.#reports ??= new MatchReports(this.#link, key, this.#schedule, missed);
    return this.#reports;
  }

  /** The counter, or a report that there is none. */
  #try<C extends Counter>(find: () => C | undefined, { name }: EventSpec): C | undefined {
    try {
      const counter = find();
      if (counter === undefined) this.#refuse(`there is no counter for events called ${name}`);
      return counter;
    } catch (error) {
      this.#refuse(describeError(error));
      return undefined;
    }
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
