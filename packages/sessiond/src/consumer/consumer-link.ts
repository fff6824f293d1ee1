import { createServer, type Server, type Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import {
  type ChannelUse,
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerReply,
  checkConsumerReply,
  encodeFrame,
  FrameDecoder,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { ConsumerJournal, type JournalEntry, type SetUpCommand, type TaskCommand } from './consumer-journal.ts';
import type { ConsumerProcess, StartConsumer } from './consumer-process.ts';
import { ConsumerRefusal } from './consumer-refusal.ts';
import { RestartPolicy } from './restart-policy.ts';

/** What is done with rings and traces whose producers have gone. */
type PatientCommand = Extract<TaskCommand, { type: 'close-ring' | 'close-trace' | 'remove-checkpoints' }>;
type ConsumerResult = Extract<ConsumerReply, { readonly ok: true }>['result'];

/** How long a consumer may take to connect, and to end once it is asked to. */
const CONNECT_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 10_000;
/** A consumer that neither answers what it was asked nor reads or writes anything for so long does not work any more. */
const HANG_TIMEOUT_MS = 60_000;
/** When to ask again for what can be done later. */
const RETRY_MS = 1000;

export interface ConsumerLinkOptions {
  readonly socketPath: string;
  readonly startConsumer: StartConsumer;
  /** The process at the other end of a connection. */
  readonly peerPidOf: (socket: Socket) => number;
  /** Anything that changes while the process works; undefined if that cannot be known. */
  readonly workOf: (pid: number) => string | undefined;
  readonly hangTimeoutMs?: number;
  /** A consumer did nothing any more and has been given up. */
  readonly onHung?: (sentence: string) => void;
  readonly log: Log;
}

interface Connection {
  readonly socket: Socket;
  readonly since: number;
  readonly unanswered: Map<number, JournalEntry>;
  /** When it was last seen to get on, or to have nothing to do. */
  progressMs: number;
  work: string | undefined;
  nextId: number;
}

/**
 * The session daemon's end of the consumer: starts it, starts it again when it dies, and repeats to the new one what the old
 * one knew and had not done yet.
 */
export class ConsumerLink {
  readonly #options: ConsumerLinkOptions;
  readonly #hangTimeoutMs: number;
  readonly #server: Server;
  readonly #journal = new ConsumerJournal();
  readonly #policy = new RestartPolicy();
  readonly #impatient = new Map<JournalEntry, (error: DaemonError) => void>();
  readonly #waiters = new Set<(error: DaemonError) => void>();
  readonly #onConnected = new Set<() => void>();
  #process: ConsumerProcess | undefined;
  #connection: Connection | undefined;
  #workedMs = 0;
  #restarts = 0;
  #restart: NodeJS.Timeout | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #unavailable: string | undefined;
  #stopping = false;
  /** The process that runs, or is to end, hung. */
  #hasHung = false;

  constructor(options: ConsumerLinkOptions) {
    this.#options = options;
    this.#hangTimeoutMs = options.hangTimeoutMs ?? HANG_TIMEOUT_MS;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** How often a consumer had to be started in the place of one that had gone. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How many consumers in a row had to be given up, since they did nothing any more. */
  get hangs(): number {
    const connection = this.#connection;
    const works = connection !== undefined && performance.now() - connection.since > this.#hangTimeoutMs;
    return works && !this.#hasHung ? 0 : this.#policy.hangs + Number(this.#hasHung);
  }

  /** Whether a consumer has nothing to know and nothing to do. */
  get isIdle(): boolean {
    return this.#journal.isEmpty;
  }

  /** What is asked for before is done as soon as there is a consumer. @throws where it cannot listen */
  async start(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      this.#becomeUnavailable(`the consumer daemon cannot be started: ${describeError(error)}`);
      throw error;
    }
    this.#startProcess();
  }

  /** Goes on at a new socket, and with a new consumer, where the run directory had to be made again. */
  async listenAgain(): Promise<void> {
    this.#server.close();
    await this.#listen();
    this.#process?.kill('SIGTERM');
  }

  async #listen(): Promise<void> {
    this.#server.removeAllListeners('error');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.socketPath, () => {
        this.#server.off('error', reject);
        // A consumer that cannot be accepted, for want of descriptors, ends and is started again.
        this.#server.on('error', (error) => this.#options.log.error(`consumer socket: ${error.message}`));
        resolve();
      });
    });
  }

  /**
   * Tells the consumer something it has to know, now and after every restart.
   *
   * @param askAgain whether a refusal is one that may pass: the command is repeated in a while then.
   * @throws {ConsumerRefusal} if the first consumer that answers refuses; the command is forgotten then.
   */
  setUp(command: SetUpCommand, askAgain: (refusal: ConsumerRefusal) => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let answered = false;
      const entry: JournalEntry<SetUpCommand> = {
        command,
        onReply: (reply) => {
          if (reply.ok) resolve();
          else if (askAgain(new ConsumerRefusal(reply.code, reply.message))) {
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
      this.#send(entry);
    });
  }

  /**
   * Has the consumer do something, however often it has to be started for that.
   *
   * @throws {ConsumerRefusal} if it refuses.
   * @throws {DaemonError} `CONSUMER_UNAVAILABLE` if it cannot be started; nothing has been done then.
   */
  async perform(command: Exclude<TaskCommand, PatientCommand | { type: 'channel-use' }>): Promise<SessionStatistics> {
    const result = await this.#perform(command);
    if (result === null || Array.isArray(result)) {
      throw new ConsumerRefusal('BAD_MESSAGE', 'the consumer sent no statistics');
    }
    return result as SessionStatistics;
  }

  /** How full the rings of channels are; those that the consumer does not sample are left out. @throws as `perform` */
  async channelUse(channels: readonly number[]): Promise<readonly ChannelUse[]> {
    const result = await this.#perform({ type: 'channel-use', channels });
    if (!Array.isArray(result)) throw new ConsumerRefusal('BAD_MESSAGE', 'the consumer sent no use of channels');
    return result as readonly ChannelUse[];
  }

  #perform(command: TaskCommand): Promise<ConsumerResult> {
    if (this.#unavailable !== undefined) return Promise.reject(this.#unavailableError());
    return new Promise((resolve, reject) => {
      const entry: JournalEntry<TaskCommand> = {
        command,
        onReply: (reply) => {
          this.#impatient.delete(entry);
          if (!reply.ok) reject(new ConsumerRefusal(reply.code, reply.message));
          else resolve(reply.result);
        },
      };
      this.#impatient.set(entry, reject);
      this.#journal.addTask(entry);
      this.#send(entry);
    });
  }

  /** Has the consumer do what has to be done at some time, and for which nobody waits: as soon as there is a consumer. */
  performPatiently(command: PatientCommand): Promise<ConsumerReply> {
    return new Promise((resolve) => {
      const entry = { command, onReply: resolve };
      this.#journal.addTask(entry);
      this.#send(entry);
    });
  }

  /** Resolves as soon as a consumer is there. */
  connected(): Promise<void> {
    if (this.#connection !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onConnected.add(resolve));
  }

  /**
   * The promise, unless the consumer cannot be started meanwhile.
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

  /** Ends the consumer: it takes what is left and goes; one that does not is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#server.close();
    const consumer = this.#process;
    this.#connection?.socket.end();
    if (consumer === undefined) return;
    const impatience = [
      setTimeout(() => consumer.kill('SIGTERM'), END_TIMEOUT_MS),
      setTimeout(() => consumer.kill('SIGKILL'), 2 * END_TIMEOUT_MS),
    ];
    // One that has not connected yet has nothing to take.
    if (this.#connection === undefined) consumer.kill('SIGTERM');
    // One that hangs in the kernel ends when its file system answers, which may be never.
    const givenUp = new Promise<void>((resolve) => {
      impatience.push(setTimeout(resolve, 3 * END_TIMEOUT_MS));
    });
    await Promise.race([consumer.ended, givenUp]);
    for (const timer of impatience) clearTimeout(timer);
  }

  #startProcess(): void {
    const consumer = this.#options.startConsumer();
    this.#process = consumer;
    this.#workedMs = 0;
    this.#options.log.info(`started the consumer, process ${consumer.pid}`);
    const timer = setTimeout(() => {
      this.#options.log.error(`the consumer has not connected within ${CONNECT_TIMEOUT_MS} ms`);
      consumer.kill('SIGKILL');
    }, CONNECT_TIMEOUT_MS);
    this.#connectTimer = timer;
    void consumer.ended.then((how) => {
      clearTimeout(timer);
      this.#processEnded(how);
    });
  }

  #processEnded(how: string): void {
    this.#process = undefined;
    this.#disconnected();
    if (this.#stopping) return;
    const delayMs = this.#hasHung ? this.#delayAfterHang() : this.#delayAfterEnd(how);
    this.#options.log.error(`the consumer has gone: ${how}; starting another in ${delayMs} ms`);
    this.#restart = setTimeout(() => {
      this.#restarts++;
      this.#startProcess();
    }, delayMs);
  }

  #delayAfterEnd(how: string): number {
    const { delayMs, hopeless } = this.#policy.ended(this.#workedMs);
    if (hopeless) this.#becomeUnavailable(`the consumer daemon cannot be started: ${how}`);
    return delayMs;
  }

  /** The first in a row is replaced at once: it may have been a slow disk. */
  #delayAfterHang(): number {
    this.#hasHung = false;
    const { delayMs } = this.#policy.hung(this.#workedMs, this.#hangTimeoutMs);
    if (this.#policy.hangs > 1) this.#becomeUnavailable(this.#describeHang(`it is tried again in ${delayMs / 1000} s`));
    return delayMs;
  }

  #describeHang(next: string): string {
    const what = `the consumer daemon has done nothing for ${Math.round(this.#hangTimeoutMs / 1000)} s`;
    return `${what}: is an output directory on a file system that does not answer? ${next}`;
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
    socket.on('error', (error) => this.#options.log.debug(`consumer connection: ${error.message}`));
    // Only the process that we started is the consumer, and it has one connection.
    if (this.#connection !== undefined || this.#process === undefined || this.#pidOf(socket) !== this.#process.pid) {
      this.#options.log.warn('somebody else than the consumer connected to its socket');
      socket.destroy();
      return;
    }
    clearTimeout(this.#connectTimer);
    const since = performance.now();
    const connection: Connection = {
      socket,
      since,
      progressMs: since,
      work: undefined,
      unanswered: new Map(),
      nextId: 1,
    };
    this.#connection = connection;
    this.#watch(connection);
    this.#unavailable = undefined;
    const decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
    socket.on('data', (chunk) => this.#receive(connection, decoder, chunk));
    socket.on('close', () => {
      if (this.#connection === connection) this.#connectionLost();
    });
    for (const entry of this.#journal.entries()) this.#send(entry);
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

  #receive(connection: Connection, decoder: FrameDecoder, chunk: Buffer): void {
    try {
      for (const message of decoder.push(chunk)) {
        const reply = checkConsumerReply(message);
        const entry = connection.unanswered.get(reply.id);
        if (entry === undefined) continue;
        connection.unanswered.delete(reply.id);
        connection.progressMs = performance.now();
        this.#journal.answered(entry, reply);
        entry.onReply(reply);
      }
    } catch (error) {
      this.#options.log.error(`the consumer sent nonsense: ${describeError(error)}`);
      connection.socket.destroy();
    }
  }

  /** A consumer without its connection ends by itself, after it has taken what is left; the next must wait for that. */
  #connectionLost(): void {
    this.#disconnected();
    const consumer = this.#process;
    if (consumer === undefined || this.#stopping) return;
    const timer = setTimeout(() => consumer.kill('SIGKILL'), END_TIMEOUT_MS);
    void consumer.ended.then(() => clearTimeout(timer));
  }

  #disconnected(): void {
    if (this.#connection === undefined) return;
    const { socket, since, unanswered } = this.#connection;
    this.#workedMs = performance.now() - since;
    socket.destroy();
    this.#connection = undefined;
    // What the next consumer will not be asked nobody else answers: its trace or session has been closed meanwhile.
    for (const [id, entry] of unanswered) {
      if (this.#journal.has(entry)) continue;
      entry.onReply({ id, ok: false, code: 'CONSUMER_GONE', message: 'the consumer went before it answered' });
    }
  }

  /** Unless it is not wanted any more, or a new consumer has been told of it meanwhile. */
  #repeat(entry: JournalEntry): void {
    const unanswered = this.#connection?.unanswered.values() ?? [];
    if (this.#journal.has(entry) && ![...unanswered].includes(entry)) this.#send(entry);
  }

  /** A disk may be slow and a snapshot long; but then something is read or written. */
  #watch(connection: Connection): void {
    const limitMs = this.#hangTimeoutMs;
    const timer = setInterval(() => {
      const consumer = this.#process;
      if (this.#connection !== connection || consumer === undefined) {
        clearInterval(timer);
        return;
      }
      const now = performance.now();
      const work = connection.unanswered.size === 0 ? undefined : this.#options.workOf(consumer.pid);
      if (connection.unanswered.size === 0 || (work !== undefined && work !== connection.work)) {
        connection.progressMs = now;
        connection.work = work;
      } else if (now - connection.progressMs > limitMs) {
        this.#options.log.error(`the consumer has done nothing for ${Math.round(limitMs / 1000)} s, and is killed`);
        clearInterval(timer);
        this.#giveUpHung(consumer);
      }
    }, limitMs / 4);
    timer.unref();
  }

  /** One that hangs in the kernel stays there after the signal, until its file system answers; then the next is started. */
  #giveUpHung(consumer: ConsumerProcess): void {
    this.#hasHung = true;
    this.#options.onHung?.(this.#describeHang('it is given up, and what it has not taken from rings may be lost'));
    consumer.kill('SIGKILL');
    const timer = setTimeout(() => {
      if (this.#process === consumer) this.#becomeUnavailable(this.#describeHang('it cannot even be killed'));
    }, END_TIMEOUT_MS);
    timer.unref();
    void consumer.ended.then(() => clearTimeout(timer));
  }

  #send(entry: JournalEntry): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const id = connection.nextId++;
    connection.unanswered.set(id, entry);
    connection.socket.write(encodeFrame({ id, command: entry.command }, CONSUMER_FRAME_BYTES_MAX));
  }
}
