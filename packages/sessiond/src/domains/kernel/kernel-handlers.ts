import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordingRule, TRACKED_VALUES_MAX, type TrackedAttribute } from '@ringtail/protocol';
import { DaemonError } from '../../model/daemon-error.ts';
import type { Session } from '../../model/session.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import type { DomainHandlers } from '../domain.ts';
import { contextRefusal, isKnownContext } from './kernel-contexts.ts';
import { type KernelTracer, refusing } from './kernel-tracer.ts';
import type { KernelChannels } from './part/kernel-channels.ts';
import type { KernelPart } from './part/kernel-part.ts';
import { requireEvents } from './part/rule-events.ts';
import { requireFields } from './part/rule-filters.ts';
import type { KernelRecorder } from './recording/kernel-recorder.ts';

export interface KernelHandlersOptions {
  readonly tracer: KernelTracer;
  readonly channels: KernelChannels;
  readonly recorder: KernelRecorder;
  readonly trackedValues: SharedPool;
  readonly partOf: (session: Session) => KernelPart;
  /** Has an active session record what has changed. */
  readonly changed: (part: KernelPart) => Promise<void>;
}

/** Commands about channels, rules and contexts of the kernel. */
export function kernelHandlers(options: KernelHandlersOptions): DomainHandlers {
  const { tracer, channels, recorder, trackedValues, partOf, changed } = options;
  return {
    'enable-channel': async (session, { channel }) => {
      tracer.open();
      const part = partOf(session);
      channels.enable(part, channel);
      await changed(part);
      return null;
    },
    'disable-channel': async (session, { channel }) => {
      const part = partOf(session);
      channels.disable(part, channel);
      await changed(part);
      return null;
    },
    'enable-event': async (session, { channel, rule }) => {
      const known = tracer.events();
      refuseUserSpaceRule(rule);
      refuseProbe(rule, tracer);
      requireEvents(rule, known);
      refusing(() => requireFields(rule, known, (event) => tracer.formatOf(event)));
      const part = partOf(session);
      const { attributes } = channels.enableEvent(part, channel, rule);
      await changed(part);
      return { channel: attributes.name };
    },
    'disable-event': async (session, { channel, pattern, type }) => {
      const part = partOf(session);
      const disabled = channels.disableEvent(part, channel, pattern, type);
      await changed(part);
      return disabled;
    },
    'add-context': (session, { channel, contexts }) => {
      tracer.open();
      for (const context of contexts) {
        const refusal = contextRefusal(context);
        const code = isKnownContext(context) ? 'BAD_CONTEXT' : 'UNKNOWN_CONTEXT';
        if (refusal !== null) throw new DaemonError(code, `${context}: ${refusal}`);
      }
      const added = channels.addContexts(partOf(session), channel, contexts);
      return { channels: added.map(({ attributes }) => attributes.name) };
    },
    track: (session, { attribute, values }) => {
      tracer.open();
      refuseAttribute(attribute);
      const part = partOf(session);
      changeTracker(part, trackedValues, values, () => part.processes.track(values));
      recorder.track(part, values);
      return null;
    },
    untrack: (session, { attribute, values }) => {
      tracer.open();
      refuseAttribute(attribute);
      const part = partOf(session);
      changeTracker(part, trackedValues, null, () => part.processes.untrack(values));
      recorder.untrack(part, values);
      return null;
    },
    'add-map': () => refuse('maps of the kernel', 'maps of user space: -t user'),
    'show-maps': () => [],
    'reclaim-memory': () => {
      throw new DaemonError(
        'UNSUPPORTED',
        'the kernel keeps the memory of its buffers until the session is destroyed',
        {
          hint: 'memory of user space: -u',
        },
      );
    },
  };
}

/** @throws {DaemonError} `UNSUPPORTED` for all attributes but the number of the process */
function refuseAttribute(attribute: TrackedAttribute): void {
  if (attribute !== 'vpid') refuse(`--${attribute} of the kernel`, 'processes are tracked by their numbers: --pid');
}

/** @param added values that may be new. @throws {DaemonError} `TOO_MANY` */
function changeTracker(
  { session, processes }: KernelPart,
  pool: SharedPool,
  added: readonly number[] | null,
  change: () => void,
): void {
  const before = processes.size;
  const count = added?.length ?? 0;
  if (before + count > TRACKED_VALUES_MAX) {
    throw new DaemonError('TOO_MANY', `a tracker has at most ${TRACKED_VALUES_MAX} values`);
  }
  const refusal = pool.refusalOf(session.owner.uid, count);
  if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
  change();
  const more = processes.size - before;
  if (more > 0) pool.take(session.owner.uid, more);
  else pool.give(session.owner.uid, -more);
}

/** File in tracefs, and the option of the kernel that brings it. */
const KPROBES = ['kprobe_events', 'CONFIG_KPROBES (and CONFIG_KPROBE_EVENTS)'] as const;
const UPROBES = ['uprobe_events', 'CONFIG_UPROBES (and CONFIG_UPROBE_EVENTS)'] as const;

/** @throws {DaemonError} `UNSUPPORTED` for parts of a rule that rules of the kernel do not have */
function refuseUserSpaceRule({ logLevel, exclude, probe }: RecordingRule): void {
  const hint = 'write the rule without it';
  if (logLevel !== undefined) throw new DaemonError('UNSUPPORTED', 'events of the kernel have no log levels', { hint });
  if (exclude !== undefined) throw new DaemonError('UNSUPPORTED', 'rules of the kernel have no exclusions', { hint });
  if (probe !== undefined)
    throw new DaemonError('UNSUPPORTED', 'probes of programs are in user space', { hint: 'write -u' });
}

/** @throws {DaemonError} `UNSUPPORTED` for dynamic probes, with the option that this kernel lacks */
function refuseProbe({ type }: RecordingRule, tracer: KernelTracer): void {
  if (type !== 'probe' && type !== 'function' && type !== 'userspace-probe') return;
  const [file, option] = type === 'userspace-probe' ? UPROBES : KPROBES;
  const hint = 'tracepoints (ringtail list -k) and system calls (--syscall) can be recorded';
  if (existsSync(join(tracer.open().path, file))) refuse(`--${type} of the kernel domain`, hint);
  throw new DaemonError('UNSUPPORTED', `this kernel has no --${type}: it was compiled without ${option}`, { hint });
}

function refuse(what: string, hint: string): never {
  throw new DaemonError('UNSUPPORTED', `not supported yet: ${what}`, { hint });
}
