import type {
  ChannelUseRequest,
  ClearRequest,
  CloseRingRequest,
  CloseSessionRequest,
  ConsumerCommand,
  ConsumerReply,
  DeclareEventsRequest,
  FlushRequest,
  OpenChannelRequest,
  OpenRingRequest,
  OpenTraceRequest,
  ReclaimRequest,
  RegenerateMetadataRequest,
  RotateRequest,
  SnapshotRequest,
  StatisticsRequest,
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
  | FlushRequest
  | StatisticsRequest
  | CloseSessionRequest
  | SnapshotRequest
  | RotateRequest
  | ClearRequest
  | ReclaimRequest
  | ChannelUseRequest;

export interface JournalEntry<Command extends ConsumerCommand = ConsumerCommand> {
  readonly command: Command;
  /** Called with every answer; a set-up command that is repeated gets several. */
  readonly onReply: (reply: ConsumerReply) => void;
}

/**
 * All that a consumer which has just been started must be told to be where the one before was.
 *
 * Set-up commands come first, in the order in which they were given, then the tasks that nobody has answered.
 */
export class ConsumerJournal {
  readonly #setUps = new Set<JournalEntry<SetUpCommand>>();
  readonly #tasks = new Set<JournalEntry<TaskCommand>>();

  addSetUp(entry: JournalEntry<SetUpCommand>): void {
    this.#setUps.add(entry);
  }

  addTask(entry: JournalEntry<TaskCommand>): void {
    this.#tasks.add(entry);
  }

  has(entry: JournalEntry): boolean {
    return this.#setUps.has(entry as JournalEntry<SetUpCommand>);
  }

  entries(): readonly JournalEntry[] {
    return [...this.#setUps, ...this.#tasks];
  }

  /** What an answer means for the next consumer: called before the entry's own `onReply`. */
  answered(entry: JournalEntry, reply: ConsumerReply): void {
    this.#tasks.delete(entry as JournalEntry<TaskCommand>);
    const { command } = entry;
    // Whatever the answer: the descriptor by which the ring could be opened once more is about to be closed.
    if (command.type === 'close-ring') this.#forgetRing(command.ring);
    if (command.type === 'close-session' && reply.ok) this.#forgetSession(command.session);
    // Only the newest offset of a trace is of interest, but until it is written the one before holds.
    if (command.type === 'regenerate-metadata' && reply.ok) this.#forgetOffsetsBefore(entry, command.trace);
  }

  forget(entry: JournalEntry): void {
    this.#setUps.delete(entry as JournalEntry<SetUpCommand>);
    this.#tasks.delete(entry as JournalEntry<TaskCommand>);
  }

  #forgetSession(session: string): void {
    const traces = new Set<number>();
    const channels = new Set<number>();
    for (const entry of this.#setUps) {
      const { command } = entry;
      if (command.type === 'open-trace' && command.session === session) traces.add(command.trace);
      if (command.type === 'open-channel' && traces.has(command.trace)) channels.add(command.channel);
      const belongs = 'trace' in command ? traces.has(command.trace) : channels.has(command.channel);
      if (belongs) this.#setUps.delete(entry);
    }
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
