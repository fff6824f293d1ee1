import type { KernelEvent, TracefsInstance } from '@ringtail/kernel';
import type { ChannelAttributes } from '@ringtail/protocol';
import type { RuleSet } from '../../../model/rule-set.ts';
import type { Session } from '../../../model/session.ts';
import type { InclusionSet } from '../../user/part/inclusion-set.ts';

/** The part of a session that records the kernel. */
export interface KernelPart {
  readonly session: Session;
  readonly channels: Map<string, KernelChannel>;
  /** Numbers of processes whose events are recorded. */
  readonly processes: InclusionSet;
  /** Its trace, once the session has been started. */
  trace: KernelTrace | undefined;
}

export interface KernelTrace {
  readonly key: number;
  readonly uuid: string;
}

export interface KernelChannel {
  readonly attributes: ChannelAttributes;
  /** Names of context fields, fixed once the session has been started. */
  contexts: readonly string[];
  readonly rules: RuleSet;
  readonly streamClassId: number;
  /** Bytes of its buffers on all CPUs, from the owner's share. */
  readonly bytes: number;
  enabled: boolean;
  /** As the consumer daemon knows it, from the first start of the session on. */
  atConsumer: ConsumerChannel | undefined;
  /** Its buffers in the kernel, from the first start of the session on. */
  recording: ChannelRecording | undefined;
}

export interface ConsumerChannel {
  readonly key: number;
  /** Numbers of the events that the trace's metadata has. */
  readonly declared: Set<number>;
}

/** The instance of a channel: one buffer for each CPU. */
export interface ChannelRecording {
  readonly instance: TracefsInstance;
  /** Rings at the consumer daemon, one for each CPU. */
  readonly rings: readonly { readonly key: number; readonly cpu: number }[];
  /** Bytes of the buffer of one CPU. */
  readonly bytesPerCpu: number;
  /** Events that the kernel records now, by their system and name. */
  events: ReadonlyMap<string, RecordedEvent>;
}

export interface RecordedEvent {
  readonly event: KernelEvent;
  /** In the kernel's language; null: all records. */
  readonly filter: string | null;
}
