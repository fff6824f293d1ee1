import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import { now } from '@ringtail/base/node';
import { type FilterExpression, parseFilter, uuidBytes } from '@ringtail/ctf';
import { monotonicOffsetNs } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  type DesiredChannel,
  type EventRule,
  type JsonValue,
  ruleMatches,
} from '@ringtail/protocol';
import { type BlockingOptions, createRing, type Ring, RingClock, RingMode } from '@ringtail/ringbuf';
import { type ThreadClock, threadClock } from '../clock/thread-clock.ts';
import type { ContextSource } from '../context/context-source.ts';
import { lookUpContext, recordedSources } from '../context/look-up-context.ts';
import type { FilterCounters, RecorderCondition, RecorderTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import type { WaitingChannel } from '../recorder/waiting-recorder.ts';
import type { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import { declareTimeoutMs } from '../daemon/daemon-timeouts.ts';
import { settings } from '../host/inheritance.ts';
import { memoryName } from '../host/worker-cleanup.ts';

/** How long a tracepoint may wait, once, for its identifier: milliseconds; −1: for ever. */
const declareTimeout = declareTimeoutMs(settings());
/** How long a failed exchange is left alone: doubled each time, so that a silent daemon costs the thread ever less. */
const RETRY_AFTER_MS_MIN = 1000;
const RETRY_AFTER_MS_MAX = 32_000;
/** Event record headers have room for no larger identifier. */
const ID_MAX = 2 ** 32 - 1;
/** Frames stay well below their limit. */
const DECLARE_BATCH = 256;

/** LTTng's `LTTNG_UST_ALLOW_BLOCKING`: whoever starts a program decides whether tracing may ever hold it up. */
const mayBlock = settings().RINGTAIL_ALLOW_BLOCKING !== undefined;

const WAKE_BYTE = Buffer.from([1]);

export interface ThreadIdentity {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** One channel as this thread records into it: the ring, and the identifiers of its events there. */
export class ChannelBinding {
  readonly link: DaemonLink;
  #desired: DesiredChannel;
  readonly #identity: ThreadIdentity;
  readonly #counters: CounterSpace;
  readonly #ids = new Map<Site, number>();
  /** Filters of rules by their text; null for one that cannot be read, which the daemon has been told. */
  #filters = new Map<string, FilterExpression | null>();
  #ring: Ring | undefined;
  #clock: ThreadClock | undefined;
  /** What `#desired.contexts` names; found when the ring is made, since they do not change once there are records. */
  #contexts: readonly ContextSource[] = [];
  /** Set once the ring cannot be made, for good. */
  #broken = false;
  #retryAt = 0;
  #retryAfterMs = RETRY_AFTER_MS_MIN;

  constructor(link: DaemonLink, desired: DesiredChannel, identity: ThreadIdentity, counters: CounterSpace) {
    this.link = link;
    this.#counters = counters;
    this.#desired = desired;
    this.#identity = identity;
    this.#readFilters();
  }

  update(desired: DesiredChannel): void {
    if (desired.reclaim > this.#desired.reclaim) this.#reclaim(desired.reclaimUntil);
    this.#desired = desired;
    this.#readFilters();
  }

  wants(site: Site): boolean {
    return this.#desired.rules.some((rule) => this.#matches(rule, site));
  }

  /**
   * Where a recorder of `site` writes; `all` are the thread's tracepoints, declared in one go with it.
   *
   * @returns `later` when the daemon did not answer: the event cannot be recorded now, and is counted; `never` when this
   *   channel cannot be recorded into at all, which the daemon has been told.
   */
  target(site: Site, all: readonly Site[]): RecorderTarget | 'later' | 'never' {
    const ring = this.#openRing();
    if (ring === undefined || this.#clock === undefined) return 'never';
    if (!this.#ids.has(site)) this.#declare(all);
    const id = this.#ids.get(site);
    if (id === undefined) return 'later';
    return {
      ring: ring.producer,
      id,
      header: this.#desired.header,
      clock: this.#clock,
      contexts: this.#contexts,
      condition: this.#conditionFor(site),
    };
  }

  /** What `target` answered `later` for. */
  waitingFor(site: Site): WaitingChannel {
    return {
      condition: this.#conditionFor(site),
      mayAsk: () => now() >= this.#retryAt,
      countDiscarded: () => this.countDiscarded(),
    };
  }

  /** Counts an event that could not be recorded although it was wanted. */
  countDiscarded(): void {
    this.#ring?.producer.countDiscarded();
  }

  /** Counts an event that was hit inside a recorder. */
  countNested(): void {
    this.#ring?.producer.countNested();
  }

  /** The thread records into this channel no more. What is committed stays with whoever holds the descriptor. */
  retire(): void {
    if (this.#ring !== undefined) {
      this.#ring.close();
      this.#ring = undefined;
    }
    this.#broken = true;
  }

  /** This thread is the only one that can know which sub-buffers nobody is about to open. */
  #reclaim(until: number): void {
    try {
      this.#ring?.reclaim(until);
    } catch {
      // The memory stays, and nothing else is wrong.
    }
  }

  #openRing(): Ring | undefined {
    if (this.#ring !== undefined || this.#broken) return this.#ring;
    const desired = this.#desired;
    const ahead = monotonicOffsetNs();
    if (ahead === undefined && desired.clock === 'monotonic') {
      this.#tell('CLOCK_DIFFERS', 'the time namespace of this thread is unknown: its events may have other times');
    }
    this.#clock = threadClock(desired.clock, (desired.monotonicOffsetNs ?? 0) - (ahead ?? 0));
    if (this.#clock === undefined) {
      this.#refuse('NO_CLOCK', `this thread cannot read the ${desired.clock} clock: install the clock addon`);
      return undefined;
    }
    try {
      this.#contexts = recordedSources(desired.contexts);
    } catch (error) {
      this.#refuse('NO_CONTEXT', describeError(error));
      return undefined;
    }
    try {
      const ring = createRing({
        subBufBytes: desired.subBufBytes,
        subBufCount: desired.subBufCount,
        recordsBytesMax: desired.recordsBytesMax,
        mode: desired.mode === 'overwrite' ? RingMode.OVERWRITE : RingMode.DISCARD,
        clock: desired.clock === 'tsc' ? RingClock.TSC : RingClock.MONOTONIC,
        streamClassId: desired.streamClassId,
        uuid: uuidBytes(desired.traceUuid),
        ...this.#identity,
        ...this.#place(desired),
        onSubBufClosed: () => this.#wakeConsumer(),
        blocking: this.#blocking(desired),
        preallocate: desired.preallocation === 'preallocate',
      });
      // Once this is sent, the ring and what is recorded in it outlive the thread.
      if (!this.link.send({ type: 'ring', channel: desired.key, bytes: ring.bytes }, ring.fd)) {
        ring.close();
        this.#broken = true;
        return undefined;
      }
      ring.closeFd();
      this.#ring = ring;
      return ring;
    } catch (error) {
      this.#refuse('NO_RING', `no ring buffer for channel ${desired.name}: ${describeError(error)}`);
      return undefined;
    }
  }

  #matches(rule: EventRule, { event }: Site): boolean {
    if (rule.filter !== undefined && this.#filters.get(rule.filter) === null) return false;
    return ruleMatches(rule, event.name, event.logLevel);
  }

  /** Null as soon as a rule without a filter wants the event. */
  #conditionFor(site: Site): RecorderCondition | null {
    const anyOf = new Set<FilterExpression>();
    for (const rule of this.#desired.rules) {
      if (!this.#matches(rule, site)) continue;
      const filter = rule.filter === undefined ? undefined : this.#filters.get(rule.filter);
      if (filter === undefined || filter === null) return null;
      anyOf.add(filter);
    }
    const counters = this.#filterCounters();
    return { anyOf: [...anyOf], lookUpContext, ...(counters !== undefined && { counters }) };
  }

  #filterCounters(): FilterCounters | undefined {
    const wanted = this.#desired.filterCounters;
    if (wanted === null) return undefined;
    try {
      const evaluated = this.#counters.at(this.link.slot, wanted.evaluated);
      const rejected = this.#counters.at(this.link.slot, wanted.rejected);
      return evaluated && rejected && { f64: evaluated.f64, evaluated: evaluated.index, rejected: rejected.index };
    } catch {
      // Without the mapping nothing is counted; what is recorded stays the same.
      return undefined;
    }
  }

  /** A rule whose filter cannot be read records nothing: everything would be too much. */
  #readFilters(): void {
    const filters = new Map<string, FilterExpression | null>();
    for (const { filter } of this.#desired.rules) {
      if (filter !== undefined && !filters.has(filter)) filters.set(filter, this.#read(filter));
    }
    this.#filters = filters;
  }

  #read(filter: string): FilterExpression | null {
    const known = this.#filters.get(filter);
    if (known !== undefined) return known;
    try {
      return parseFilter(filter);
    } catch (error) {
      this.#tell('BAD_FILTER', `a rule of channel ${this.#desired.name} is left out: ${describeError(error)}`);
      return null;
    }
  }

  #blocking({ blockingTimeoutUs }: DesiredChannel): BlockingOptions | undefined {
    if (!mayBlock || blockingTimeoutUs === 0) return undefined;
    return {
      timeoutUs: blockingTimeoutUs,
      wakeConsumer: () => this.#wakeConsumer(),
      isConsumed: () => this.link.isAlive(),
    };
  }

  /** A memfd, or a file that `ringtail crash` finds; either name tells whose it is. */
  #place({ ringDirectory, name, key }: DesiredChannel): { name: string; directory?: string } {
    const { pid, tid } = this.#identity;
    if (ringDirectory === null) return { name: memoryName('ring', tid) };
    return { name: `${name}_${pid}-${tid}-${key}.ring`, directory: ringDirectory };
  }

  #refuse(code: string, message: string): void {
    this.#broken = true;
    this.#tell(code, message);
  }

  #tell(code: string, message: string): void {
    this.link.send({ type: 'trouble', channel: this.#desired.key, code, message });
  }

  #declare(all: readonly Site[]): void {
    if (now() < this.#retryAt) return;
    const missing = all.filter((site) => !this.#ids.has(site) && this.wants(site));
    for (let i = 0; i < missing.length; i += DECLARE_BATCH) {
      if (!this.#declareBatch(missing.slice(i, i + DECLARE_BATCH))) {
        this.#retryAt = now() + this.#retryAfterMs;
        this.#retryAfterMs = Math.min(this.#retryAfterMs * 2, RETRY_AFTER_MS_MAX);
        return;
      }
    }
    this.#retryAfterMs = RETRY_AFTER_MS_MIN;
  }

  #declareBatch(sites: readonly Site[]): boolean {
    const events = sites.map((site) => site.event as unknown as JsonValue);
    if (JSON.stringify(events).length > APP_FRAME_BYTES_MAX / 2 && sites.length > 1) {
      const middle = sites.length >> 1;
      return this.#declareBatch(sites.slice(0, middle)) && this.#declareBatch(sites.slice(middle));
    }
    const message = { type: 'declare', channel: this.#desired.key, events } as const;
    const reply = this.link.request(message, declareTimeout);
    const ids: unknown = reply?.type === 'declared' ? reply.ids : undefined;
    if (!Array.isArray(ids) || ids.length !== sites.length || !ids.every(isIdentifier)) return false;
    sites.forEach((site, i) => {
      this.#ids.set(site, ids[i]);
    });
    return true;
  }

  #wakeConsumer(): void {
    try {
      // Opened for each wake: a number that is kept may be that of a file of the application by then.
      const fd = openSync(this.#desired.wakePath, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        writeSync(fd, WAKE_BYTE);
      } finally {
        closeSync(fd);
      }
    } catch {
      // No consumer at the moment, or its FIFO is full of wakes already; it looks by itself once a second.
    }
  }
}

/** It becomes source text of recorders. */
function isIdentifier(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= ID_MAX;
}
