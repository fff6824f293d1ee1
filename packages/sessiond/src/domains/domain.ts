import type {
  ChannelUse,
  CommandName,
  Commands,
  ConsumerCommand,
  ContextDescription,
  DomainDescription,
  DomainName,
  DomainOfSession,
  RingMemory,
  SessionDiagnosis,
  SessionStatistics,
} from '@ringtail/protocol';
import type { Answer } from '../clients/handlers.ts';
import type { Client } from '../model/client.ts';
import type { Owner } from '../model/owner.ts';
import type { Session } from '../model/session.ts';
import type { CounterMap } from '../triggers/maps/counter-map.ts';

/** Commands about one domain of a session: its channels, rules, contexts, trackers and maps. */
export type DomainCommandName = {
  [Name in CommandName]: Commands[Name]['params'] extends DomainOfSession ? Name : never;
}[CommandName];

/** Part of the instrumentation that is listed. */
export interface WantedInstrumentation {
  /** Whether events are listed with their fields. */
  readonly fields: boolean;
  /** Whether system calls of the kernel are listed, in place of its tracepoints. */
  readonly syscalls?: boolean | undefined;
}

/** Carries out commands about one domain. A missing handler is an error of the compiler. */
export type DomainHandlers = {
  readonly [Name in DomainCommandName]: (session: Session, params: Commands[Name]['params']) => Answer<Name>;
};

/** Work on all recorded data of a session, with the statistics as result. */
export type SessionTask = Extract<
  ConsumerCommand,
  { readonly session: string; readonly type: Exclude<ConsumerCommand['type'], 'open-trace' | 'count-closed-traces'> }
>;

/** Use of the ring of a channel in one trace: the fullest one, if the trace has several. */
export interface NamedChannelUse extends Omit<ChannelUse, 'channel'> {
  readonly channel: string;
}

/** Reasons of one domain for a session without events. */
export type DomainDiagnosis = Omit<SessionDiagnosis, 'active' | 'startedOnce' | 'statistics'>;

/**
 * A kind of tracer, and its part of every session.
 *
 * Commands on a session go to all domains, one after the other. A domain in which a session has nothing does nothing.
 */
export interface Domain {
  readonly name: DomainName;
  readonly handlers: DomainHandlers;
  /** The programs that it records; undefined if its events do not come from programs. */
  readonly programs?: RecordedPrograms;
  /** Contexts that its channels can have. */
  contexts(): readonly ContextDescription[];
  /** Programs and events that it can record now. */
  instrumentation(client: Client, wanted: WantedInstrumentation): Answer<'list-instrumentation'>;
  /** A session has been created: makes the domain's part of it. */
  created(session: Session): void;
  /** A session has been destroyed: drops the domain's part of it. */
  removed(session: Session): void;
  /** Undefined if a session has nothing in this domain and need not show it. */
  describe(session: Session): DomainDescription | undefined;
  /** Begins to record a session, which is active. */
  start(session: Session): Promise<void>;
  /** Resolves when everything recorded so far can be taken; in a session that is not active, recording has ended. */
  settle(session: Session): Promise<void>;
  /** Takes what is recorded: flushes, rotates, records a snapshot, clears, closes or counts. */
  perform(session: Session, task: SessionTask): Promise<SessionStatistics>;
  /** Writes the metadata again with a new offset of the clock, or records the state of all programs again. */
  regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void>;
  /** Memory of the rings of a session. */
  memory(session: Session): readonly RingMemory[];
  /** Use of the rings of one channel, or with null of all channels: one element for each trace of a channel. */
  channelUse(session: Session, channel: string | null): Promise<readonly NamedChannelUse[]>;
  /** Period at which triggers sample the use of a channel, 0: never; undefined if there is no such channel. */
  monitorTimerUs(session: Session, channel: string): number | undefined;
  /** The map of a session to which triggers add; undefined if there is none of that name. */
  map(session: Session, name: string): CounterMap | undefined;
}

/** Programs that a domain records. */
export interface RecordedPrograms {
  /** Number of registered threads that this user may see. */
  countFor(user: Owner): number;
  /** Resolves when the programs have all changes so far. */
  published(): Promise<void>;
  /**
   * Reports the programs of a process tree that are not recorded.
   *
   * @param preload option of Node.js by which they would be recorded
   */
  watchCommand(pid: number, preload: string): void;
  /** Adds programs that are not recorded to the troubles of active sessions, without waiting longer for them. */
  reportMissing(): void;
  /** Reasons why a session records nothing. Yields after each short step. */
  diagnose(session: Session): Generator<void, DomainDiagnosis>;
}
