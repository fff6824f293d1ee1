import {
  type ChannelDescription,
  DEFAULT_CHANNEL,
  type DomainDescription,
  type Instrumentation,
  NO_STATISTICS,
  type RingMemory,
  type RuleDescription,
  type SessionStatistics,
  type TrackedAttribute,
} from '@ringtail/protocol';
import type { Domain, DomainHandlers, NamedChannelUse } from '../../packages/sessiond/src/domains/domain.ts';
import type { Session } from '../../packages/sessiond/src/model/session.ts';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type FakeChannel = Mutable<Omit<ChannelDescription, 'rules'>> & { rules: Mutable<RuleDescription>[] };

interface Part {
  readonly channels: FakeChannel[];
  readonly trackers: Partial<Record<TrackedAttribute, number[] | null>>;
}

const DEFAULT_NAME = 'channel0';

/** A domain with channels, rules, trackers and a listing of its own, which records nothing but what it is asked. */
export class FakeKernel implements Domain {
  readonly name = 'kernel';
  /** What the session daemon asked for, in order: the name of a method, or the type of a task. */
  readonly asked: string[] = [];
  readonly #parts = new Map<Session, Part>();
  readonly handlers: DomainHandlers = {
    'enable-channel': (session, { channel }) => {
      const known = this.#channel(session, channel.name);
      if (known === undefined) this.#add(session, { ...channel, enabled: true, contexts: [], rules: [] });
      else known.enabled = true;
      return null;
    },
    'disable-channel': (session, { channel }) => {
      this.#named(session, channel).enabled = false;
      return null;
    },
    'enable-event': (session, { channel, rule }) => {
      const { name, rules } = this.#named(session, channel ?? DEFAULT_NAME);
      const known = rules.find(({ pattern }) => pattern === rule.pattern);
      if (known === undefined) rules.push({ ...rule, enabled: true });
      else known.enabled = true;
      return { channel: name };
    },
    'disable-event': (session, { channel, pattern }) => {
      const { name, rules } = this.#named(session, channel ?? DEFAULT_NAME);
      const disabled = rules.filter((rule) => pattern === null || rule.pattern === pattern);
      for (const rule of disabled) rule.enabled = false;
      return { channel: name, disabled: disabled.length };
    },
    'add-context': (session, { channel, contexts }) => {
      const { channels } = this.#part(session);
      const changed = channels.filter(({ name }) => channel === null || name === channel);
      for (const one of changed) one.contexts = [...one.contexts, ...contexts];
      return { channels: changed.map(({ name }) => name) };
    },
    track: (session, { attribute, values }) => {
      const { trackers } = this.#part(session);
      trackers[attribute] = values === null ? null : [...(trackers[attribute] ?? []), ...values];
      return null;
    },
    untrack: (session, { attribute, values }) => {
      const { trackers } = this.#part(session);
      trackers[attribute] = values === null ? [] : (trackers[attribute] ?? []).filter((one) => !values.includes(one));
      return null;
    },
    'add-map': () => ({ name: 'unused' }),
    'show-maps': () => [],
    'reclaim-memory': () => {
      this.asked.push('reclaim-memory');
      return { bytes: 1024 };
    },
  };

  contexts() {
    return [
      { name: 'prio', refused: null },
      { name: 'callstack-kernel', refused: 'not on this machine' },
    ];
  }

  instrumentation(): Instrumentation {
    const fields = [{ name: 'next_tid', spec: { kind: 'integer' } }];
    return { applications: [], tracepointLists: [], events: [{ name: 'sched_switch', logLevel: 0, fields }] };
  }

  created(session: Session): void {
    this.#parts.set(session, { channels: [], trackers: { vpid: null } });
  }

  removed(session: Session): void {
    this.#parts.delete(session);
  }

  describe(session: Session): DomainDescription {
    const { channels, trackers } = this.#part(session);
    const copy = structuredClone({ channels, trackers });
    return { domain: this.name, ...copy, maps: [] };
  }

  async start(_: Session): Promise<void> {
    this.asked.push('start');
  }

  async settle(): Promise<void> {
    this.asked.push('settle');
  }

  async perform(_: Session, { type }: Parameters<Domain['perform']>[1]): Promise<SessionStatistics> {
    this.asked.push(type);
    return { ...NO_STATISTICS, eventsRecorded: 1000, packets: 1 };
  }

  async regenerate(_: Session, part: 'metadata' | 'statedump'): Promise<void> {
    this.asked.push(part);
  }

  memory(session: Session): RingMemory[] {
    return this.#part(session).channels.map(({ name }) => ({
      domain: this.name,
      channel: name,
      uid: 0,
      pid: 0,
      tid: 0,
      procname: 'cpu0',
      program: 'cpu0',
      usedBytes: 4096,
      ringBytes: 8192,
    }));
  }

  /** Every channel has one ring, which is full. */
  async channelUse(session: Session, channel: string | null): Promise<NamedChannelUse[]> {
    const channels = this.#part(session).channels.filter(({ name }) => channel === null || name === channel);
    return channels.map(({ name }) => ({ channel: name, usedBytes: 8192, highestBytes: 8192, ringBytes: 8192 }));
  }

  monitorTimerUs(session: Session, channel: string): number | undefined {
    return this.#channel(session, channel)?.monitorTimerUs;
  }

  map(): undefined {}

  #part(session: Session): Part {
    return this.#parts.get(session) as Part;
  }

  #channel(session: Session, name: string): FakeChannel | undefined {
    return this.#part(session).channels.find((channel) => channel.name === name);
  }

  #named(session: Session, name: string): FakeChannel {
    return (
      this.#channel(session, name) ??
      this.#add(session, { ...DEFAULT_CHANNEL, name, enabled: true, contexts: [], rules: [] })
    );
  }

  #add(session: Session, channel: FakeChannel): FakeChannel {
    this.#part(session).channels.push(channel);
    return channel;
  }
}
