import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describeError } from '@ringtail/base';
import {
  declarationOf,
  type EventFormat,
  KernelError,
  type KernelEvent,
  type TracefsInstance,
  threadsOf,
} from '@ringtail/kernel';
import type { JsonValue } from '@ringtail/protocol';
import type { ConsumerLink } from '../../../consumer/consumer-link.ts';
import { DaemonError } from '../../../model/daemon-error.ts';
import type { OtherDomainServices } from '../../domain-services.ts';
import { type KernelTracer, refusing } from '../kernel-tracer.ts';
import type {
  ChannelRecording,
  ConsumerChannel,
  KernelChannel,
  KernelPart,
  KernelTrace,
  RecordedEvent,
} from '../part/kernel-part.ts';
import { wantedEvents } from '../part/rule-filters.ts';
import type { InstanceNames } from './instance-names.ts';
import { removeInstance } from './instance-removal.ts';
import { openChannelRequest, openTraceRequest } from './kernel-requests.ts';
import { ownThreads } from './own-threads.ts';

/** Keys of traces, channels and rings at consumer daemons. Those of user space count from 1. */
const FIRST_KEY = 2 ** 40;

/** File with the threads that are recorded. */
const RECORDED_THREADS = 'set_event_pid';

/** Has the kernel record the channels of sessions, each into an instance, and consumer daemons read the instances. */
export class KernelRecorder {
  readonly #services: OtherDomainServices;
  readonly #tracer: KernelTracer;
  readonly #names: InstanceNames;
  #nextKey = FIRST_KEY;

  constructor(services: OtherDomainServices, tracer: KernelTracer, names: InstanceNames) {
    this.#services = services;
    this.#tracer = tracer;
    this.#names = names;
  }

  /** Makes what an active session lacks, and records its enabled channels with the events of their rules. */
  async record(part: KernelPart): Promise<void> {
    const { session } = part;
    const link = this.#services.consumers.of(session.owner);
    await link.unlessUnavailable(link.connected().then(() => this.#record(part, link)));
  }

  /** Processes were added to the tracker; null: it admits all. Their threads and children are recorded as well. */
  track(part: KernelPart, added: readonly number[] | null): void {
    for (const { instance } of recordings(part)) {
      refusing(() => {
        if (added === null) instance.setPids(RECORDED_THREADS, []);
        else if (added.length > 0) instance.write(RECORDED_THREADS, added.flatMap(threadsOrSelf).join(' '));
      });
    }
    this.#switch(part);
  }

  /** Processes were removed from the tracker; null: all of them. Their children stay. */
  untrack(part: KernelPart, removed: readonly number[] | null): void {
    this.#switch(part);
    if (part.processes.describe() === null) return;
    const left = new Set(removed?.flatMap(threadsOrSelf));
    for (const { instance } of recordings(part)) {
      refusing(() => {
        const threads = removed === null ? [] : numbersIn(instance.read(RECORDED_THREADS));
        instance.setPids(
          RECORDED_THREADS,
          threads.filter((thread) => !left.has(thread)),
        );
      });
    }
  }

  /**
   * Ends recording. What is in the buffers stays there for the consumer daemon. An instance that somebody has removed
   * is a trouble of the session, which can be stopped and destroyed all the same.
   */
  stop({ session, channels }: KernelPart): void {
    for (const { recording } of channels.values()) {
      if (recording === undefined) continue;
      const { instance, events } = recording;
      recording.events = new Map();
      try {
        instance.setTracing(false);
        disable(instance, events.values());
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        session.troubles.add(`the kernel's trace instance ${instance.name} is not as it was left: ${error.message}`);
      }
    }
  }

  /** Removes the instances of a session that the consumer daemon has closed. */
  async close({ session, channels }: KernelPart): Promise<void> {
    const { timers, log } = this.#services;
    for (const channel of channels.values()) {
      const { recording } = channel;
      if (recording === undefined) continue;
      channel.recording = undefined;
      try {
        await removeInstance(recording.instance, timers);
      } catch (error) {
        const sentence = `the kernel's trace instance ${recording.instance.name} stays: ${describeError(error)}`;
        log.of(session.owner.uid, 'kernel instances').warn(`session ${session.name}: ${sentence}`);
      }
    }
  }

  async #record(part: KernelPart, link: ConsumerLink): Promise<void> {
    const trace = await this.#openTrace(part, link);
    const events = this.#tracer.events();
    for (const channel of part.channels.values()) {
      const atConsumer = await this.#openChannel(trace, channel, link);
      channel.recording ??= await this.#makeRecording(part, channel, atConsumer, link);
      await this.#enableEvents(part, channel, atConsumer, events, link);
    }
    this.#switch(part);
  }

  /** Switches the buffers of a session on or off. The kernel takes an empty set of threads for all threads. */
  #switch({ session, channels, processes }: KernelPart): void {
    const admitsNone = processes.describe()?.length === 0;
    for (const { enabled, recording } of channels.values()) {
      if (recording !== undefined) {
        refusing(() => recording.instance.setTracing(session.active && enabled && !admitsNone));
      }
    }
  }

  async #openTrace(part: KernelPart, link: ConsumerLink): Promise<KernelTrace> {
    if (part.trace !== undefined) return part.trace;
    const { session } = part;
    const trace = { key: this.#nextKey++, uuid: randomUUID() };
    try {
      await link.setUp(openTraceRequest(session, trace, hostname()));
    } catch (error) {
      throw new DaemonError('OUTPUT_NOT_WRITABLE', `the kernel's trace cannot be written: ${describeError(error)}`, {
        cause: error,
      });
    }
    part.trace = trace;
    session.traced = true;
    return trace;
  }

  async #openChannel(trace: KernelTrace, channel: KernelChannel, link: ConsumerLink): Promise<ConsumerChannel> {
    if (channel.atConsumer !== undefined) return channel.atConsumer;
    const key = this.#nextKey++;
    await link.setUp(openChannelRequest(trace, key, channel));
    channel.atConsumer = { key, declared: new Set() };
    return channel.atConsumer;
  }

  /** Makes the instance of a channel, in the order that the kernel's settings need, and has its buffers read. */
  async #makeRecording(
    { processes }: KernelPart,
    { attributes }: KernelChannel,
    { key }: ConsumerChannel,
    link: ConsumerLink,
  ): Promise<ChannelRecording> {
    const { subBufBytes, subBufCount, mode } = attributes;
    const instance = refusing(() => this.#tracer.open().makeInstance(this.#names.next()));
    const rings: { key: number; cpu: number }[] = [];
    try {
      const sizes = refusing(() => {
        instance.setTracing(false);
        const wanted = { subBufBytes, bytesPerCpu: subBufBytes * subBufCount, overwrites: mode === 'overwrite' };
        const taken = instance.configure(wanted);
        this.#leaveOurselvesOut(instance);
        const tracked = processes.describe() ?? [];
        if (tracked.length > 0) instance.setPids(RECORDED_THREADS, tracked.flatMap(threadsOrSelf));
        return taken;
      });
      for (const cpu of refusing(() => instance.cpus())) {
        const ring = { key: this.#nextKey++, cpu };
        await link.setUp({
          type: 'open-ring',
          channel: key,
          ring: ring.key,
          streamInstanceId: cpu,
          source: {
            kind: 'cpu-buffer',
            instance: instance.path,
            cpu,
            subBufBytes: sizes.subBufBytes,
            bytes: sizes.bytesPerCpu,
            overwrites: mode === 'overwrite',
          },
        });
        rings.push(ring);
      }
      return { instance, rings, bytesPerCpu: sizes.bytesPerCpu, events: new Map() };
    } catch (error) {
      await Promise.all(rings.map((ring) => link.performPatiently({ type: 'close-ring', ring: ring.key })));
      await removeInstance(instance, this.#services.timers);
      throw error;
    }
  }

  /** Our own threads, and those that they start. */
  #leaveOurselvesOut(instance: TracefsInstance): void {
    const consumers = this.#services.consumers.status({ uid: 0, gid: 0 }).flatMap(({ pid }) => pid ?? []);
    instance.followForks(true);
    instance.setPids('set_event_notrace_pid', ownThreads(consumers));
  }

  /** The kernel records exactly the events of the enabled rules. Each is in the metadata before it is recorded. */
  async #enableEvents(
    part: KernelPart,
    channel: KernelChannel,
    atConsumer: ConsumerChannel,
    known: readonly KernelEvent[],
    link: ConsumerLink,
  ): Promise<void> {
    const { recording } = channel;
    if (recording === undefined) return;
    const formats = new Map<KernelEvent, EventFormat>();
    const formatOf = (event: KernelEvent): EventFormat | undefined => {
      const format = formats.get(event) ?? this.#tracer.formatOf(event, (reason) => leftOut(part, event, reason));
      if (format !== undefined) formats.set(event, format);
      return format;
    };
    const filters = refusing(() => wantedEvents(channel.rules.enabled(), known, formatOf));
    await this.#declare(atConsumer, filters.keys(), formats, link);
    const wanted = new Map([...filters].map(([event, filter]) => [keyOf(event), { event, filter }]));
    refusing(() => {
      const removed = [...recording.events].filter(([name]) => !wanted.has(name));
      disable(
        recording.instance,
        removed.map(([, event]) => event),
      );
      recording.events = this.#enable(part, recording, wanted);
    });
  }

  /** Sets filters before events are enabled. @returns the events that the kernel records */
  #enable(
    part: KernelPart,
    { instance, events: before }: ChannelRecording,
    wanted: ReadonlyMap<string, RecordedEvent>,
  ): Map<string, RecordedEvent> {
    const set = new Map(wanted);
    const refuse = (event: KernelEvent, { message }: KernelError): void => {
      set.delete(keyOf(event));
      leftOut(part, event, message);
    };
    for (const [name, { event, filter }] of wanted) {
      if ((before.get(name)?.filter ?? null) === filter) continue;
      try {
        instance.setFilter(event, filter);
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        instance.setEvents([event], false);
        refuse(event, error);
      }
    }
    const added = [...set].filter(([name]) => !before.has(name)).map(([, { event }]) => event);
    for (const { event, error } of instance.setEvents(added, true)) refuse(event, error);
    return set;
  }

  /** Declares new events. */
  async #declare(
    { key, declared }: ConsumerChannel,
    wanted: Iterable<KernelEvent>,
    formats: ReadonlyMap<KernelEvent, EventFormat>,
    link: ConsumerLink,
  ): Promise<void> {
    const events = [...wanted].flatMap((event) => {
      const format = formats.get(event);
      if (format === undefined || declared.has(format.id)) return [];
      return [{ id: format.id, spec: declarationOf(event, format) as unknown as JsonValue }];
    });
    if (events.length === 0) return;
    await link.setUp({ type: 'declare-events', channel: key, events });
    for (const { id } of events) declared.add(id);
  }
}

/** Disables events, and removes their filters: the next rule about them may have none. */
function disable(instance: TracefsInstance, recorded: Iterable<RecordedEvent>): void {
  const events = [...recorded];
  instance.setEvents(
    events.map(({ event }) => event),
    false,
  );
  for (const { event, filter } of events) if (filter !== null) instance.setFilter(event, null);
}

function leftOut({ session }: KernelPart, { name }: KernelEvent, reason: string): void {
  session.troubles.add(`the kernel's event ${name} is not recorded: ${reason}`);
}

function keyOf({ system, kernelName }: KernelEvent): string {
  return `${system}:${kernelName}`;
}

function recordings({ channels }: KernelPart): ChannelRecording[] {
  return [...channels.values()].flatMap(({ recording }) => recording ?? []);
}

/** The threads of a process; its number alone if it does not run yet. */
function threadsOrSelf(pid: number): number[] {
  const threads = threadsOf(pid);
  return threads.length === 0 ? [pid] : threads;
}

function numbersIn(text: string): number[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
