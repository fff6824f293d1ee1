import {
  addStatistics,
  type ChannelUseRequest,
  type ClearRequest,
  type CloseRingRequest,
  type CloseSessionRequest,
  type CloseTraceRequest,
  type ConsumerCommand,
  type ConsumerReply,
  type CountClosedTracesRequest,
  type DeclareEventsRequest,
  type FlushRequest,
  NO_STATISTICS,
  type OpenChannelRequest,
  type OpenRingRequest,
  type OpenTraceRequest,
  type ReclaimRequest,
  type RegenerateMetadataRequest,
  type RemoveCheckpointsRequest,
  type RotateRequest,
  type SnapshotRequest,
  type StatisticsRequest,
} from '@ringtail/protocol';

/** State that a consumer needs: repeated to every consumer until it is dropped. */
export type SetUpCommand =
  | OpenTraceRequest
  | OpenChannelRequest
  | DeclareEventsRequest
  | OpenRingRequest
  | RegenerateMetadataRequest;
/** Tasks: repeated until a consumer has answered. */
export type TaskCommand =
  | CloseRingRequest
  | CloseTraceRequest
  | RemoveCheckpointsRequest
  | FlushRequest
  | StatisticsRequest
  | CloseSessionRequest
  | SnapshotRequest
  | RotateRequest
  | ClearRequest
  | ReclaimRequest
  | ChannelUseRequest;

type ConsumerResult = Extract<ConsumerReply, { readonly ok: true }>['result'];

export interface JournalEntry<Command extends ConsumerCommand = ConsumerCommand> {
  readonly command: Command;
  /** Called with every answer: a set-up command that is repeated gets several. */
  readonly onReply: (reply: ConsumerReply) => void;
}

/**
 * Commands that bring a new consumer to the state of the one before.
 *
 * First come the final counts of closed traces, then the set-up commands in their order, then the unanswered tasks. A
 * closed trace leaves only its counts, which its session adds up.
 */
export class ConsumerJournal {
  readonly #setUps = new Set<JournalEntry<SetUpCommand>>();
  /** Counts of closed traces, by session. */
  readonly #closedTraces = new Map<string, CountClosedTracesRequest>();
  readonly #tasks = new Set<JournalEntry<TaskCommand>>();

  addSetUp(entry: JournalEntry<SetUpCommand>): void {
    this.#setUps.add(entry);
  }

  addTask(entry: JournalEntry<TaskCommand>): void {
    this.#tasks.add(entry);
  }

  get isEmpty(): boolean {
    return this.#setUps.size + this.#closedTraces.size + this.#tasks.size === 0;
  }

  /** Whether the next consumer will get the command. */
  has(entry: JournalEntry): boolean {
    return this.#setUps.has(entry as JournalEntry<SetUpCommand>) || this.#tasks.has(entry as JournalEntry<TaskCommand>);
  }

  entries(): readonly JournalEntry[] {
    const closed = [...this.#closedTraces.values()].map((command) => ({ command, onReply: () => {} }));
    return [...closed, ...this.#setUps, ...this.#tasks];
  }

  /** Updates the journal by an answer: called before the entry's own `onReply`. */
  answered(entry: JournalEntry, reply: ConsumerReply): void {
    this.#tasks.delete(entry as JournalEntry<TaskCommand>);
    const { command } = entry;
    // Also after a refusal: the descriptor by which the ring could be opened again is about to be closed.
    if (command.type === 'close-ring') this.#forgetRing(command.ring);
    if (command.type === 'close-trace') this.#forgetTrace(command.trace, reply.ok ? reply.result : null);
    if (command.type === 'close-session' && reply.ok) this.#forgetSession(command.session);
    if (command.type === 'clear' && reply.ok) this.#clearSession(command.session);
    // The newest offset of a trace replaces earlier ones once it is written.
    if (command.type === 'regenerate-metadata' && reply.ok) this.#forgetOffsetsBefore(entry, command.trace);
  }

  forget(entry: JournalEntry): void {
    this.#setUps.delete(entry as JournalEntry<SetUpCommand>);
    this.#tasks.delete(entry as JournalEntry<TaskCommand>);
  }

  #forgetSession(session: string): void {
    this.#closedTraces.delete(session);
    this.#forgetTraces((open) => open.session === session);
  }

  #forgetTrace(trace: number, result: ConsumerResult): void {
    const opened = this.#forgetTraces((open) => open.trace === trace);
    // The consumer never opened the trace, or closed it with its session: there is nothing to count.
    if (opened === undefined || result === null || !('eventsRecorded' in result)) return;
    const { session, output, snapshot, owner } = opened;
    const before = this.#closedTraces.get(session)?.statistics ?? NO_STATISTICS;
    const statistics = addStatistics(before, result);
    const type = 'count-closed-traces';
    this.#closedTraces.set(session, { type, session, output, snapshot, owner, statistics });
  }

  /** The counts of closed traces become zero; their directories are still needed. */
  #clearSession(session: string): void {
    const closed = this.#closedTraces.get(session);
    if (closed !== undefined) this.#closedTraces.set(session, { ...closed, statistics: NO_STATISTICS });
  }

  /** Drops traces with their channels and rings. @returns the last trace */
  #forgetTraces(matches: (trace: OpenTraceRequest) => boolean): OpenTraceRequest | undefined {
    const traces = new Set<number>();
    const channels = new Set<number>();
    let last: OpenTraceRequest | undefined;
    for (const entry of this.#setUps) {
      const { command } = entry;
      if (command.type === 'open-trace' && matches(command)) {
        traces.add(command.trace);
        last = command;
      }
      if (command.type === 'open-channel' && traces.has(command.trace)) channels.add(command.channel);
      const belongs = 'trace' in command ? traces.has(command.trace) : channels.has(command.channel);
      if (belongs) this.#setUps.delete(entry);
    }
    return last;
  }

  #forgetOffsetsBefore(answered: JournalEntry, trace: number): void {
    for (const entry of this.#setUps) {
      if (entry === answered) return;
      if (entry.command.type === 'regenerate-metadata' && entry.command.trace === trace) this.#setUps.delete(entry);
    }
  }

  #forgetRing(ring: number): void {
    for (const entry of this.#setUps) {
      if (entry.command.type === 'open-ring' && entry.command.ring === ring) this.#setUps.delete(entry);
    }
  }
}
