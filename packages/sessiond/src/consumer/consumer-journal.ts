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

/** What a consumer has to know: repeated to every consumer until it is forgotten. */
export type SetUpCommand =
  | OpenTraceRequest
  | OpenChannelRequest
  | DeclareEventsRequest
  | OpenRingRequest
  | RegenerateMetadataRequest;
/** What a consumer has to do: repeated until one has answered. */
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
  /** Called with every answer; a set-up command that is repeated gets several. */
  readonly onReply: (reply: ConsumerReply) => void;
}

/**
 * All that a consumer which has just been started must be told to be where the one before was.
 *
 * What closed traces have come to is first, then the set-up commands, in the order in which they were given, then the tasks
 * that nobody has answered. Of a trace that is closed nothing is left but what its session counts.
 */
export class ConsumerJournal {
  readonly #setUps = new Set<JournalEntry<SetUpCommand>>();
  /** By session. */
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

  /** Whether the next consumer would be told. */
  has(entry: JournalEntry): boolean {
    return this.#setUps.has(entry as JournalEntry<SetUpCommand>) || this.#tasks.has(entry as JournalEntry<TaskCommand>);
  }

  entries(): readonly JournalEntry[] {
    const closed = [...this.#closedTraces.values()].map((command) => ({ command, onReply: () => {} }));
    return [...closed, ...this.#setUps, ...this.#tasks];
  }

  /** What an answer means for the next consumer: called before the entry's own `onReply`. */
  answered(entry: JournalEntry, reply: ConsumerReply): void {
    this.#tasks.delete(entry as JournalEntry<TaskCommand>);
    const { command } = entry;
    // Whatever the answer: the descriptor by which the ring could be opened once more is about to be closed.
    if (command.type === 'close-ring') this.#forgetRing(command.ring);
    if (command.type === 'close-trace') this.#forgetTrace(command.trace, reply.ok ? reply.result : null);
    if (command.type === 'close-session' && reply.ok) this.#forgetSession(command.session);
    if (command.type === 'clear' && reply.ok) this.#clearSession(command.session);
    // Only the newest offset of a trace is of interest, but until it is written the one before holds.
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
    // One that the consumer never opened, or closed with its session, has come to nothing.
    if (opened === undefined || result === null || !('eventsRecorded' in result)) return;
    const { session, output, snapshot, owner } = opened;
    const before = this.#closedTraces.get(session)?.statistics ?? NO_STATISTICS;
    const statistics = addStatistics(before, result);
    const type = 'count-closed-traces';
    this.#closedTraces.set(session, { type, session, output, snapshot, owner, statistics });
  }

  /** Its traces that are closed count nothing any more; where they lie is still to be known. */
  #clearSession(session: string): void {
    const closed = this.#closedTraces.get(session);
    if (closed !== undefined) this.#closedTraces.set(session, { ...closed, statistics: NO_STATISTICS });
  }

  /** Forgets traces with all that they have. @returns the last one */
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
