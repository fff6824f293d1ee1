import { describeError } from '@ringtail/base';
import { buildArgumentCapture, type EventSpec, type FilterExpression, parseFilter } from '@ringtail/ctf';
import { type DesiredTrigger, ruleMatcher } from '@ringtail/protocol';
import type { CounterSpace } from '../agent/counter-space.ts';
import type { DaemonLink } from '../agent/daemon-link.ts';
import { lookUpContext } from '../context/look-up-context.ts';
import type { TriggerTarget } from '../recorder/recorder.ts';
import { MatchReports, type ReportSchedule } from './match-reports.ts';

/** All captures of a message share this much text, and so many elements of lists, so that it always fits into a frame. */
const TEXT_LENGTH_SUM = 524_288;
const TEXT_LENGTH_MAX = 65_536;
const ELEMENTS_SUM = 65_536;
const ELEMENTS_MAX = 4096;

/** One trigger as this thread looks for what sets it off. */
export class TriggerBinding {
  readonly link: DaemonLink;
  /** What it was made of, to tell whether it has changed. */
  readonly text: string;
  readonly #desired: DesiredTrigger;
  readonly #takes: (name: string, logLevel: number) => boolean;
  /** Absent where the rule has none. */
  readonly #filter: FilterExpression | undefined;
  readonly #captures: readonly FilterExpression[];
  readonly #reports: MatchReports | null;
  #isRefusalTold = false;

  /** @throws {RingtailError} for what cannot be evaluated */
  constructor(link: DaemonLink, desired: DesiredTrigger, text: string, schedule: ReportSchedule) {
    const { rule, captures } = desired;
    this.link = link;
    this.text = text;
    this.#desired = desired;
    this.#takes = ruleMatcher(rule);
    this.#filter = rule.filter === undefined ? undefined : parseFilter(rule.filter);
    this.#captures = captures?.map((capture) => parseFilter(capture)) ?? [];
    this.#reports = captures === null ? null : new MatchReports(link, desired.key, schedule);
  }

  /** What a recorder of the event does for this trigger; undefined if that is nothing. */
  targetFor(event: EventSpec, counters: CounterSpace): TriggerTarget | undefined {
    if (!this.#takes(event.name, event.logLevel)) return undefined;
    const counter = this.#counterFor(event, counters);
    const reports = this.#reports;
    if (counter === null && reports === null) return undefined;
    return {
      condition: this.#filter === undefined ? null : { anyOf: [this.#filter], lookUpContext },
      counter,
      reports,
      capture: this.#captures.length === 0 ? null : this.#captureOf(event),
    };
  }

  /** Sends what has not been told yet. */
  flush(): void {
    this.#reports?.end();
  }

  #captureOf({ fields }: EventSpec) {
    const count = this.#captures.length;
    return buildArgumentCapture(
      this.#captures,
      { fields, lookUpContext },
      {
        textLengthMax: Math.min(TEXT_LENGTH_MAX, Math.floor(TEXT_LENGTH_SUM / count)),
        elementsMax: Math.min(ELEMENTS_MAX, Math.floor(ELEMENTS_SUM / count)),
      },
    );
  }

  #counterFor({ name }: EventSpec, counters: CounterSpace): TriggerTarget['counter'] {
    const key = this.#desired.counter;
    if (key === null) return null;
    try {
      const counter = counters.counterFor(this.link, key, name);
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
    this.link.send({ type: 'trouble', channel: null, code: 'NO_COUNTER', message });
  }
}
