import type { PeerCredentials } from '@ringtail/posix';
import type {
  AliveMessage,
  AppReply,
  CountersMessage,
  DeclareMessage,
  GoodbyeMessage,
  ProgramMessage,
  RegisterMessage,
  RingMessage,
  TracepointsMessage,
  TriggerMatchedMessage,
  TroubleMessage,
  UnableMessage,
  WrongValueMessage,
} from '@ringtail/protocol';

/** Handles the messages of a registered thread. A method owns the descriptor that it gets. */
export interface RegisteredApplication {
  /**
   * Resolves when the control file has all that the thread is to record; undefined if it has already. Does not reject.
   */
  readonly informed: Promise<void> | undefined;
  declare(message: DeclareMessage): Promise<AppReply>;
  /** @throws {PeerRefusal} if the descriptor is not a ring; the connection ends then */
  ring(message: RingMessage, descriptor: number): void;
  trouble(message: TroubleMessage): void;
  wrongValue(message: WrongValueMessage): void;
  tracepoints(message: TracepointsMessage): void;
  triggerMatched(message: TriggerMatchedMessage): void;
  counters(message: CountersMessage): void;
  alive(message: AliveMessage): void;
  program(message: ProgramMessage): void;
  goodbye(message: GoodbyeMessage): void;
  /** The connection has ended: all messages have been handled. */
  ended(): void;
}

/** The daemon's hold on a connected thread. */
export interface ApplicationConnection {
  /** Ends the connection, for the reason given. */
  disconnect(why: string): void;
  /**
   * Has the thread read its control file although it may be idle.
   *
   * @param turn unless 0, the thread answers with `alive` and this number
   */
  look(turn?: number): void;
  /** Opens a descriptor of the thread's process, which the caller owns; undefined if the kernel gives none. */
  openProcess(): number | undefined;
}

/**
 * Registers a thread.
 *
 * @throws {PeerRefusal} if it cannot be registered
 */
export type Register = (
  peer: PeerCredentials,
  message: RegisterMessage,
  controlFile: number,
  connection: ApplicationConnection,
) => RegisteredApplication;

/**
 * Accepts the report of a thread that cannot be recorded.
 *
 * @returns called when the thread has gone
 */
export type RegisterUnable = (peer: PeerCredentials, message: UnableMessage) => () => void;
