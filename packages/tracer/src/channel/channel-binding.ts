import { describeError } from '@ringtail/base';
import type { DesiredChannel, RecordingRule } from '@ringtail/protocol';
import { lookUpContext } from '../context/look-up-context.ts';
import type { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { FilterCounters, RecorderCondition, RecorderTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import type { WaitingChannel } from '../recorder/waiting-recorder.ts';
import { type ChannelRing, makeChannelRing, type ThreadIdentity } from './channel-ring.ts';
import { EventDeclarations } from './event-declarations.ts';
import { RuleFilters } from './rule-filters.ts';
import { wakeConsumer } from './wake-consumer.ts';
import { WrongFieldCountSet } from './wrong-field-counts.ts';

/** One channel as this thread records into it: its ring, its rules, and the identifiers of its events. */
export class ChannelBinding {
  readonly link: DaemonLink;
  #desired: DesiredChannel;
  readonly #identity: ThreadIdentity;
  readonly #counters: CounterSpace;
  readonly #rules = new RuleFilters((reason) => {
    this.#report('BAD_FILTER', `a rule of channel ${this.#desired.name} is left out: ${reason}`);
  });
  readonly #declarations: EventDeclarations;
  readonly #wrongFields: WrongFieldCountSet;
  #opened: ChannelRing | undefined;
  /** Set for good once there cannot be a ring, or the channel is retired. */
  #isClosed = false;

  constructor(link: DaemonLink, desired: DesiredChannel, identity: ThreadIdentity, counters: CounterSpace) {
    this.link = link;
    this.#counters = counters;
    this.#desired = desired;
    this.#identity = identity;
    this.#declarations = new EventDeclarations(link, desired.key);
    this.#wrongFields = new WrongFieldCountSet({
      link,
      channel: desired.key,
      counters,
      report: (code, message) => this.#report(code, message),
    });
    this.#rules.setRules(desired.rules);
  }

  update(desired: DesiredChannel): void {
    if (desired.reclaim > this.#desired.reclaim) this.#reclaim(desired.reclaimUntil);
    this.#desired = desired;
    this.#rules.setRules(desired.rules);
  }

  get rules(): readonly RecordingRule[] {
    return this.#desired.rules;
  }

  wants(site: Site): boolean {
    return this.#rules.match(site.event);
  }

  /**
   * The place where a recorder of `site` writes.
   *
   * @param all the thread's tracepoints: those that the channel wants are declared in one message with `site`
   * @returns `later` while the daemon has not given the event an identifier: it cannot be recorded, and is counted as
   *   discarded; `never` when this channel cannot be recorded into, which has been reported
   */
  target(site: Site, all: readonly Site[]): RecorderTarget | 'later' | 'never' {
    const opened = this.#open();
    if (opened === undefined) return 'never';
    if (this.#declarations.idOf(site) === undefined) this.#declarations.declare(all.filter((one) => this.wants(one)));
    const id = this.#declarations.idOf(site);
    if (id === undefined) return 'later';
    return {
      ring: opened.ring.producer,
      id,
      header: this.#desired.header,
      clock: opened.clock,
      contexts: opened.contexts,
      condition: this.#conditionFor(site),
      wrongFields: this.#wrongFields.countFor,
    };
  }

  /** Stands in a recorder for a site for which `target` returned `later`. */
  waitingFor(site: Site): WaitingChannel {
    return {
      condition: this.#conditionFor(site),
      mayGetFurther: () => this.#declarations.mayGetFurther(),
      countDiscarded: () => this.countDiscarded(),
    };
  }

  /** Counts an event that was wanted and could not be recorded. */
  countDiscarded(): void {
    this.#opened?.ring.producer.countDiscarded();
  }

  /** Counts an event that was hit inside a recorder. */
  countNested(): void {
    this.#opened?.ring.producer.countNested();
  }

  /** Ends recording into this channel. Committed records stay with the daemons, which hold the ring's descriptor. */
  retire(): void {
    this.#opened?.ring.close();
    this.#opened = undefined;
    this.#isClosed = true;
    this.#wrongFields.close();
  }

  /** Gives back memory of free sub-buffers. Only this thread knows that none of them is about to be opened. */
  #reclaim(until: number): void {
    try {
      this.#opened?.ring.reclaim(until);
    } catch {
      // The memory stays, and nothing else is wrong.
    }
  }

  #open(): ChannelRing | undefined {
    if (this.#opened !== undefined || this.#isClosed) return this.#opened;
    const opened = makeChannelRing(this.#desired, {
      identity: this.#identity,
      wakeConsumer: () => wakeConsumer(this.#desired.wakePath),
      isConsumed: () => this.link.poll(),
      report: (code, message) => this.#report(code, message),
    });
    // Once this is sent, the ring and its records outlive the thread.
    if (opened === undefined || !this.#sendRing(opened)) {
      this.#isClosed = true;
      return undefined;
    }
    this.#opened = opened;
    return opened;
  }

  #sendRing({ ring }: ChannelRing): boolean {
    const { key, name } = this.#desired;
    try {
      if (this.link.send({ type: 'ring', channel: key, bytes: ring.bytes }, ring.fd)) {
        ring.closeFd();
        return true;
      }
      ring.close();
    } catch (error) {
      this.#report('NO_RING', `no ring buffer for channel ${name}: ${describeError(error)}`);
    }
    return false;
  }

  #conditionFor({ event }: Site): RecorderCondition | null {
    const anyOf = this.#rules.filtersFor(event);
    if (anyOf === null) return null;
    const counters = this.#filterCounters();
    return { anyOf, lookUpContext, ...(counters !== undefined && { counters }) };
  }

  #filterCounters(): FilterCounters | undefined {
    const wanted = this.#desired.filterCounters;
    if (wanted === null) return undefined;
    try {
      const evaluated = this.#counters.at(this.link.slot, wanted.evaluated);
      const rejected = this.#counters.at(this.link.slot, wanted.rejected);
      return evaluated && rejected && { f64: evaluated.f64, evaluated: evaluated.index, rejected: rejected.index };
    } catch {
      // Without the mapping nothing is counted; recording goes on.
      return undefined;
    }
  }

  #report(code: string, message: string): void {
    this.link.send({ type: 'trouble', channel: this.#desired.key, code, message });
  }
}
