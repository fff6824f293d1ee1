import { cpus } from 'node:os';
import { assert, describeError } from '@ringtail/base';
import { eventSpecOf, type KernelEvent } from '@ringtail/kernel';
import {
  type ContextDescription,
  type DomainDescription,
  NO_STATISTICS,
  type RingMemory,
  type SessionStatistics,
  type TracepointDescription,
} from '@ringtail/protocol';
import type { Answer } from '../../clients/handlers.ts';
import type { Client } from '../../model/client.ts';
import { DaemonError } from '../../model/daemon-error.ts';
import { directoryOf } from '../../model/destination.ts';
import type { Session } from '../../model/session.ts';
import type { Domain, DomainHandlers, NamedChannelUse, SessionTask, WantedInstrumentation } from '../domain.ts';
import type { OtherDomainServices } from '../domain-services.ts';
import { InclusionSet } from '../user/part/inclusion-set.ts';
import { contextRefusal, knownContexts } from './kernel-contexts.ts';
import { kernelHandlers } from './kernel-handlers.ts';
import { KernelTracer, refusing } from './kernel-tracer.ts';
import { KernelChannels } from './part/kernel-channels.ts';
import type { KernelPart } from './part/kernel-part.ts';
import { InstanceNames } from './recording/instance-names.ts';
import { removeLeftovers } from './recording/instance-removal.ts';
import { KernelRecorder } from './recording/kernel-recorder.ts';

/**
 * The Linux kernel: its tracepoints and system calls, which it records into buffers of its own. A session's channel is
 * an instance of tracefs, with a buffer for each CPU, which a consumer daemon reads.
 */
export class KernelDomain implements Domain {
  readonly name = 'kernel';
  readonly handlers: DomainHandlers;
  readonly #services: OtherDomainServices;
  readonly #tracer = new KernelTracer();
  readonly #channels: KernelChannels;
  readonly #recorder: KernelRecorder;
  readonly #parts = new Map<Session, KernelPart>();

  /** Removes what killed daemons left in the kernel, without waiting for it. */
  constructor(services: OtherDomainServices) {
    this.#services = services;
    const names = new InstanceNames();
    this.#channels = new KernelChannels(cpus().length, services.shares.kernelBytes);
    this.#recorder = new KernelRecorder(services, this.#tracer, names);
    this.handlers = kernelHandlers({
      tracer: this.#tracer,
      channels: this.#channels,
      recorder: this.#recorder,
      trackedValues: services.shares.trackedValues,
      partOf: (session) => this.#part(session),
      changed: async (part) => {
        if (part.session.active) await this.#recorder.record(part);
      },
    });
    const tracefs = this.#tracer.openIfMounted();
    if (tracefs !== undefined) {
      removeLeftovers(tracefs, names, services).catch((error: unknown) => services.log.warn(describeError(error)));
    }
  }

  contexts(): ContextDescription[] {
    this.#tracer.open();
    return knownContexts().map((name) => ({ name, refused: contextRefusal(name) }));
  }

  instrumentation(_: Client, { fields, syscalls = false }: WantedInstrumentation): Answer<'list-instrumentation'> {
    const events = this.#tracer.events();
    const listed = syscalls ? entriesOfCalls(events) : events.filter(({ kind }) => kind === 'tracepoint');
    const described = listed.map((event) => this.#describeEvent(event, syscalls ? event.syscall : event.name, fields));
    return { applications: [], tracepointLists: [], events: described };
  }

  created(session: Session): void {
    this.#parts.set(session, { session, channels: new Map(), processes: new InclusionSet(), trace: undefined });
  }

  removed(session: Session): void {
    const part = this.#part(session);
    this.#channels.removed(part);
    this.#services.shares.trackedValues.give(session.owner.uid, part.processes.size);
    this.#parts.delete(session);
  }

  describe(session: Session): DomainDescription | undefined {
    const part = this.#part(session);
    const vpid = part.processes.describe();
    if (part.channels.size === 0 && vpid === null) return undefined;
    const channels = [...part.channels.values()].map(({ attributes, enabled, contexts, rules }) => ({
      ...attributes,
      enabled,
      contexts: [...contexts],
      rules: rules.describe(),
    }));
    return { domain: this.name, channels, trackers: { vpid }, maps: [] };
  }

  async start(session: Session): Promise<void> {
    const part = this.#part(session);
    if (part.channels.size === 0) return;
    await this.#services.outputs.prepare(session, this.name);
    await this.#recorder.record(part);
  }

  async settle(session: Session): Promise<void> {
    if (!session.active) this.#recorder.stop(this.#part(session));
  }

  /** User space sends tasks to the consumer daemon, which carries them out for all traces of the session. */
  async perform(session: Session, { type }: SessionTask): Promise<SessionStatistics> {
    if (type === 'close-session') {
      const part = this.#part(session);
      await this.#recorder.close(part);
      await this.#removeCheckpoints(part);
    }
    return NO_STATISTICS;
  }

  /** User space has read the clock again. */
  async regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void> {
    const { trace, channels } = this.#part(session);
    if (part === 'statedump' && channels.size > 0) {
      throw new DaemonError('UNSUPPORTED', 'not supported yet: a state dump of the kernel', {
        hint: 'programs in user space have recorded their state again',
      });
    }
    if (trace === undefined || part === 'statedump') return;
    const link = this.#services.consumers.of(session.owner);
    const clockOffsetNs = String(session.clockReading.offsetNs);
    await link.unlessUnavailable(link.setUp({ type: 'regenerate-metadata', trace: trace.key, clockOffsetNs }));
  }

  /** Memory of the buffers, all of which the kernel takes at once. */
  memory(session: Session): RingMemory[] {
    return [...this.#part(session).channels.values()].flatMap(({ attributes, recording }) =>
      (recording?.rings ?? []).map(({ cpu }) => ({
        domain: this.name,
        channel: attributes.name,
        uid: 0,
        pid: 0,
        tid: 0,
        procname: `cpu${cpu}`,
        program: `cpu${cpu}`,
        usedBytes: recording?.bytesPerCpu ?? 0,
        ringBytes: recording?.bytesPerCpu ?? 0,
      })),
    );
  }

  async channelUse(session: Session, wanted: string | null): Promise<NamedChannelUse[]> {
    const names = new Map<number, string>();
    for (const { attributes, atConsumer } of this.#part(session).channels.values()) {
      const isWanted = wanted === null || wanted === attributes.name;
      if (isWanted && atConsumer !== undefined) names.set(atConsumer.key, attributes.name);
    }
    if (names.size === 0) return [];
    const uses = await this.#services.consumers.of(session.owner).channelUse([...names.keys()]);
    return uses.flatMap((use) => {
      const channel = names.get(use.channel);
      return channel === undefined ? [] : [{ ...use, channel }];
    });
  }

  monitorTimerUs(session: Session, channel: string): number | undefined {
    return this.#part(session).channels.get(channel)?.attributes.monitorTimerUs;
  }

  map(): undefined {}

  #describeEvent(event: KernelEvent, name = event.name, withFields = false): TracepointDescription {
    if (!withFields) return { name, logLevel: 0, fields: [] };
    const { fields } = refusing(() => eventSpecOf(event, this.#tracer.open().format(event)));
    return { name, logLevel: 0, fields: fields as unknown as TracepointDescription['fields'] };
  }

  #part(session: Session): KernelPart {
    const part = this.#parts.get(session);
    assert(part !== undefined, 'a session has its part of the kernel as long as it exists');
    return part;
  }

  /** Only the consumer daemon needed the checkpoints of a closed session. If they cannot be removed, they stay. */
  async #removeCheckpoints({ session, trace }: KernelPart): Promise<void> {
    const { outputs, log } = this.#services;
    const { name, output, owner } = session;
    if (output === null || trace === undefined) return;
    try {
      await outputs.removeCheckpoints(output, [trace.uuid], owner);
    } catch (error) {
      const sentence = `checkpoints in ${directoryOf(output)} stay: ${describeError(error)}`;
      log.of(owner.uid, 'output directories').warn(`session ${name}: ${sentence}`);
    }
  }
}

/** The entry event of each system call. */
function entriesOfCalls(events: readonly KernelEvent[]): KernelEvent[] {
  return events.filter(({ kind, kernelName }) => kind === 'syscall' && kernelName.startsWith('sys_enter_'));
}
