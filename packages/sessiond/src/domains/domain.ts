import type {
  CommandName,
  Commands,
  ConsumerCommand,
  ContextDescription,
  DomainDescription,
  DomainName,
  DomainOfSession,
  RingMemory,
  SessionStatistics,
} from '@ringtail/protocol';
import type { Answer } from '../clients/handlers.ts';
import type { Client } from '../model/client.ts';
import type { Session } from '../model/session.ts';

/** Commands about one domain of a session: its channels, rules, contexts, trackers and maps. */
export type DomainCommandName = {
  [Name in CommandName]: Commands[Name]['params'] extends DomainOfSession ? Name : never;
}[CommandName];

/** Carries out commands about one domain. A missing handler is an error of the compiler. */
export type DomainHandlers = {
  readonly [Name in DomainCommandName]: (session: Session, params: Commands[Name]['params']) => Answer<Name>;
};

/** Work on all recorded data of a session, with the statistics as result. */
export type SessionTask = Extract<
  ConsumerCommand,
  { readonly session: string; readonly type: Exclude<ConsumerCommand['type'], 'open-trace' | 'count-closed-traces'> }
>;

/** Commands that name a domain. A domain that the daemon does not have refuses them. */
export interface NamedDomain {
  readonly name: DomainName;
  /** Contexts that its channels can have. */
  contexts(): readonly ContextDescription[];
  /** Programs and events that it can record now. @param fields whether the fields of events are listed */
  instrumentation(client: Client, fields: boolean): Answer<'list-instrumentation'>;
  /** Carries out a command about its part of a session. */
  change<Name extends DomainCommandName>(
    session: Session,
    command: Name,
    params: Commands[Name]['params'],
  ): Answer<Name>;
}

/**
 * A kind of tracer, and its part of every session.
 *
 * Commands on a session go to all domains, one after the other. A domain in which a session has nothing does nothing.
 */
export interface Domain extends NamedDomain {
  describe(session: Session): DomainDescription;
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
}
