import type { ConsumerStatus, SessionStatistics } from '@ringtail/protocol';

/** The state of the daemon at one moment. */
export interface Sample {
  readonly sessions: readonly SessionSample[];
  /** Registered JavaScript threads, and their processes. */
  readonly threads: number;
  readonly processes: number;
  readonly consumers: readonly ConsumerStatus[];
  /** Operations that hang in the kernel, by user. */
  readonly hangingOperations: ReadonlyMap<number, number>;
  readonly triggers: readonly TriggerSample[];
}

export interface SessionSample {
  readonly name: string;
  readonly active: boolean;
  readonly snapshot: boolean;
  readonly rotations: number;
  /** Archives and snapshots that were removed by their limits. */
  readonly archivesRemoved: number;
  readonly snapshots: number;
  /** Programs that were not recorded, without those that may still register. */
  readonly programsLeftOut: number;
  /** Counts of the consumer's last answer. */
  readonly statistics: SessionStatistics;
  readonly channels: readonly ChannelSample[];
}

/** Fill level of the channel's fullest ring. */
export interface ChannelSample {
  readonly name: string;
  readonly usedBytes: number;
  readonly ringBytes: number;
}

export interface TriggerSample {
  readonly name: string;
  readonly uid: number;
  readonly occurrences: number;
  readonly messagesDiscarded: number;
  readonly executions: number;
  readonly failures: number;
  readonly suppressed: number;
}
