import { createServer, type Server, type Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import type { ChannelUse, ConsumerReply, ConsumerResults, SessionStatistics } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { ConsumerConnection } from './consumer-connection.ts';
import { ConsumerJournal, type JournalEntry, type SetUpCommand, type TaskCommand } from './consumer-journal.ts';
import type { StartConsumer } from './consumer-process.ts';
import { ConsumerRefusal } from './consumer-refusal.ts';
import { ConsumerSupervisor } from './consumer-supervisor.ts';
import { watchForHang } from './hang-watch.ts';

/** Commands about rings and traces whose producers have gone: no client waits for them. */
type PatientCommand = Extract<TaskCommand, { type: 'close-ring' | 'close-trace' | 'remove-checkpoints' }>;

/** A consumer that neither answers its commands nor reads or writes anything for this time has hung. */
const HANG_TIMEOUT_MS = 60_000;
/** Delay before a refused command is repeated. */
const RETRY_MS = 1000;

export interface ConsumerLinkOptions {
  readonly socketPath: string;
  readonly startConsumer: StartConsumer;
  /** The process at the other end of a connection. */
  readonly peerPidOf: (socket: Socket) => number;
  /** A value that changes while the process works; undefined if it cannot be known. */
  readonly workOf: (pid: number) => string | undefined;
  readonly hangTimeoutMs?: number;
  /** Called when a consumer that has hung is killed. */
  readonly onHung?: (sentence: string) => void;
  readonly log: Log;
}

/**
 * The session daemon's end of a consumer. Commands outlive the process: the next consumer gets all that the one before
 * knew, and all that it had not answered.
 */
export class ConsumerLink {
  readonly #options: ConsumerLinkOptions;
  readonly #hangTimeoutMs: number;
  readonly #server: Server;
  readonly #supervisor: ConsumerSupervisor;
  readonly #journal = new ConsumerJournal();
  /** Rejections of commands that fail if no consumer can be started. */
  readonly #impatient = new Map<JournalEntry, (error: DaemonError) => void>();
  readonly #waiters = new Set<(error: DaemonError) => void>();
  readonly #onConnected = new Set<() => void>();
  #connection: ConsumerConnection | undefined;
  #endHangWatch = (): void => {};
  #unavailable: string | undefined;

  constructor(options: ConsumerLinkOptions) {
    this.#options = options;
    this.#hangTimeoutMs = options.hangTimeoutMs ?? HANG_TIMEOUT_MS;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#supervisor = new ConsumerSupervisor({
      startConsumer: options.startConsumer,
      hangTimeoutMs: this.#hangTimeoutMs,
      onEnded: () => this.#disconnected(),
      onUnavailable: (why) => this.#becomeUnavailable(why),
      onHung: (sentence) => options.onHung?.(sentence),
      log: options.log,
    });
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** Number of consumers that were started in the place of another one. */
  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** Number of consumers in a row that hung. */
  get hangs(): number {
    return this.#supervisor.hangs;
  }

  /** Whether a consumer has nothing to know and nothing to do. */
  get isIdle(): boolean {
    return this.#journal.isEmpty;
  }

  /** Starts the consumer, which gets the commands given before as well. @throws if the socket cannot listen */
  async start(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      this.#becomeUnavailable(`the consumer daemon cannot be started: ${describeError(error)}`);
      throw error;
    }
    this.#supervisor.start();
  }

  /** Goes on at a new socket, and with a new consumer, after the run directory was made again. */
  async listenAgain(): Promise<void> {
    this.#server.close();
    await this.#listen();
    this.#supervisor.replace();
  }

  async #listen(): Promise<void> {
    this.#server.removeAllListeners('error');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.socketPath, () => {
        this.#server.off('error', reject);
        // If a consumer cannot be accepted, for want of descriptors, it ends and is started again.
        this.#server.on('error', (error) => this.#options.log.error(`consumer socket: ${error.message}`));
        resolve();
      });
    });
  }

  /**
   * Gives the consumer knowledge that it needs, now and after every restart.
   *
   * @param isTemporary whether a refusal may pass: then the command is repeated after a while
   * @throws {ConsumerRefusal} if the first consumer that answers refuses; the command is forgotten then
   */
  setUp(command: SetUpCommand, isTemporary: (refusal: ConsumerRefusal) => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let answered = false;
      const entry: JournalEntry<SetUpCommand> = {
        command,
        onReply: (reply) => {
          if (reply.ok) resolve();
          else if (isTemporary(new ConsumerRefusal(reply.code, reply.message))) {
            setTimeout(() => this.#repeat(entry), RETRY_MS).unref();
            return;
          } else if (answered) this.#options.log.error(`the new consumer refuses ${command.type}: ${reply.message}`);
          else {
            this.#journal.forget(entry);
            reject(new ConsumerRefusal(reply.code, reply.message));
          }
          answered = true;
        },
      };
      this.#journal.addSetUp(entry);
      this.#connection?.send(entry);
    });
  }

  /**
   * Has the consumer carry out a task, however often it has to be started for that.
   *
   * @throws {ConsumerRefusal} if it refuses
   * @throws {DaemonError} `CONSUMER_UNAVAILABLE` if it cannot be started; nothing has been done then
   */
  perform(command: Exclude<TaskCommand, PatientCommand | { type: 'channel-use' }>): Promise<SessionStatistics> {
    return this.#perform(command);
  }

  /**
   * Fill levels of the rings of channels, without the channels that the consumer does not sample.
   *
   * @throws as `perform`
   */
  channelUse(channels: readonly number[]): Promise<readonly ChannelUse[]> {
    return this.#perform({ type: 'channel-use', channels });
  }

  #perform<Command extends TaskCommand>(command: Command): Promise<ConsumerResults[Command['type']]> {
    if (this.#unavailable !== undefined) return Promise.reject(this.#unavailableError());
    return new Promise((resolve, reject) => {
      const entry: JournalEntry<TaskCommand> = {
        command,
        onReply: (reply) => {
          this.#impatient.delete(entry);
          if (!reply.ok) reject(new ConsumerRefusal(reply.code, reply.message));
          else resolve(reply.result as ConsumerResults[Command['type']]);
        },
      };
      this.#impatient.set(entry, reject);
      this.#journal.addTask(entry);
      this.#connection?.send(entry);
    });
  }

  /** Has the consumer carry out a task as soon as there is a consumer: no client waits for it. */
  performPatiently(command: PatientCommand): Promise<ConsumerReply> {
    return new Promise((resolve) => {
      const entry = { command, onReply: resolve };
      this.#journal.addTask(entry);
      this.#connection?.send(entry);
    });
  }

  /** Resolves as soon as a consumer is connected. */
  connected(): Promise<void> {
    if (this.#connection !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onConnected.add(resolve));
  }

  /**
   * Waits for the promise, unless the consumer cannot be started meanwhile.
   *
   * @throws {DaemonError} `CONSUMER_UNAVAILABLE`
   */
  async unlessUnavailable<T>(promise: Promise<T>): Promise<T> {
    if (this.#unavailable !== undefined) throw this.#unavailableError();
    let waiter: ((error: DaemonError) => void) | undefined;
    const unavailable = new Promise<never>((_, reject) => {
      waiter = reject;
      this.#waiters.add(reject);
    });
    try {
      return await Promise.race([promise, unavailable]);
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  /** Ends the consumer once it has drained its rings; kills it if that takes too long. */
  async stop(): Promise<void> {
    this.#server.close();
    this.#connection?.end();
    await this.#supervisor.stop();
  }

  #becomeUnavailable(why: string): void {
    this.#unavailable = why;
    for (const [entry, reject] of this.#impatient) {
      this.#journal.forget(entry);
      reject(this.#unavailableError());
    }
    this.#impatient.clear();
    for (const reject of this.#waiters) reject(this.#unavailableError());
    this.#waiters.clear();
  }

  #unavailableError(): DaemonError {
    return new DaemonError('CONSUMER_UNAVAILABLE', this.#unavailable ?? 'there is no consumer daemon');
  }

  #accept(socket: Socket): void {
    const { workOf, log } = this.#options;
    socket.on('error', (error) => log.debug(`consumer connection: ${error.message}`));
    const { pid } = this.#supervisor;
    // Only the process that the supervisor started is the consumer, and it has one connection.
    if (this.#connection !== undefined || pid === undefined || this.#pidOf(socket) !== pid) {
      log.warn('somebody else than the consumer connected to its socket');
      socket.destroy();
      return;
    }
    const connection: ConsumerConnection = new ConsumerConnection({
      socket,
      onReply: (entry, reply) => this.#journal.answered(entry, reply),
      onClosed: () => {
        if (this.#connection === connection) this.#disconnected();
      },
      log,
    });
    this.#connection = connection;
    this.#supervisor.connected();
    this.#endHangWatch = watchForHang({
      connection,
      work: () => workOf(pid),
      limitMs: this.#hangTimeoutMs,
      onHung: () => this.#supervisor.giveUpHung(),
    });
    this.#unavailable = undefined;
    for (const entry of this.#journal.entries()) connection.send(entry);
    for (const resolve of this.#onConnected) resolve();
    this.#onConnected.clear();
  }

  #pidOf(socket: Socket): number | undefined {
    try {
      return this.#options.peerPidOf(socket);
    } catch (error) {
      this.#options.log.warn(`the peer of the consumer socket could not be identified: ${describeError(error)}`);
      return undefined;
    }
  }

  #disconnected(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#endHangWatch();
    connection.close();
    this.#supervisor.disconnected();
    // The next consumer gets what the journal still has; commands that it has dropped fail here.
    for (const [id, entry] of connection.unanswered) {
      if (this.#journal.has(entry)) continue;
      entry.onReply({ id, ok: false, code: 'CONSUMER_GONE', message: 'the consumer went before it answered' });
    }
  }

  /** Repeats a command, unless it was dropped or a new consumer has got it meanwhile. */
  #repeat(entry: JournalEntry): void {
    const unanswered = this.#connection?.unanswered.values() ?? [];
    if (this.#journal.has(entry) && ![...unanswered].includes(entry)) this.#connection?.send(entry);
  }
}
