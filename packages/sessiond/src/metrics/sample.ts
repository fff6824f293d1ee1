import type { ConsumerStatus, SessionStatistics } from '@ringtail/protocol';

/** The state of the daemon at one moment. */
export interface Sample {
  readonly sessions: readonly SessionSample[];
  /** JavaScript threads that are registered, and the processes that they belong to. */
  readonly threads: number;
  readonly processes: number;
  readonly consumers: readonly ConsumerStatus[];
  /** Operations in directories of users that hang in the kernel, by user. */
  readonly hangingOperations: ReadonlyMap<number, number>;
  readonly triggers: readonly TriggerSample[];
}

export interface SessionSample {
  readonly name: string;
  readonly active: boolean;
  readonly snapshot: boolean;
  readonly rotations: number;
  readonly snapshots: number;
  /** As of the last time that the consumer answered. */
  readonly statistics: SessionStatistics;
  readonly channels: readonly ChannelSample[];
}

/** Of the fullest ring of a channel. */
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
}
