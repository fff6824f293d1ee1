import { connect, type Socket } from 'node:net';
import { describeError, errnoOf } from '@ringtail/base';
import {
  type ApplicationDescription,
  type ChannelAttributes,
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  type ClockKind,
  type CommandName,
  type Commands,
  checkReply,
  DEFAULT_SESSION,
  type EventRule,
  encodeFrame,
  FrameDecoder,
  runDirectoryAt,
  type SessionDescription,
  type SessionSightings,
  type SessionStatistics,
} from '@ringtail/protocol';
import { CtlError, ctlError } from './ctl-error.ts';

/** How long a client waits for an answer; commands that write out what was recorded take as long as the disk needs. */
const REQUEST_TIMEOUT_MS = 60_000;
const FLUSHING_TIMEOUT_MS = 600_000;
const FLUSHING_COMMANDS: ReadonlySet<CommandName> = new Set(['stop-session', 'destroy-session', 'shutdown']);
const CONNECT_TIMEOUT_MS = 5_000;

export interface ConnectOptions {
  /** Path of the session daemon's run directory. */
  readonly runDirectory: string;
  /** Milliseconds to wait for the daemon to take the connection and to answer the first message; 5000 by default. */
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  /** Milliseconds to wait for the answer: a minute by default, ten where recorded events are written out first. */
  readonly timeoutMs?: number;
}

interface PendingRequest {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CtlError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A connection to a session daemon.
 *
 * Requests may overlap; the daemon carries them out and answers in order. Every method throws `CtlError`: with the daemon's
 * code where it refused (`NO_SUCH_SESSION`, `ALREADY_STARTED`, …), with a `ConnectionErrorCode` where it could not be asked.
 */
export class SessionDaemonClient {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(CLIENT_FRAME_BYTES_MAX);
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 1;
  #ended: CtlError | undefined;
  #daemon = { pid: 0, version: '' };

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(ctlError('DAEMON_GONE', `the connection broke: ${error.message}`, error)));
    socket.on('close', () => this.#end(ctlError('DAEMON_GONE', 'the session daemon closed the connection')));
  }

  /**
   * Connects and agrees on the protocol version.
   *
   * @throws {CtlError} `NO_DAEMON`, `NOT_PERMITTED`, `TIMEOUT`, `PROTOCOL_VERSION`
   */
  static async connect(options: ConnectOptions): Promise<SessionDaemonClient> {
    const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
    const client = new SessionDaemonClient(await connectedSocket(options.runDirectory, timeoutMs));
    try {
      const { pid, daemonVersion } = await client.request(
        'hello',
        { protocol: CLIENT_PROTOCOL_VERSION },
        { timeoutMs },
      );
      client.#daemon = { pid, version: daemonVersion };
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get daemonPid(): number {
    return this.#daemon.pid;
  }

  get daemonVersion(): string {
    return this.#daemon.version;
  }

  /** Any command of the protocol, typed by its name. */
  request<Name extends CommandName>(
    command: Name,
    params: Commands[Name]['params'],
    options: RequestOptions = {},
  ): Promise<Commands[Name]['result']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    const timeoutMs = options.timeoutMs ?? (FLUSHING_COMMANDS.has(command) ? FLUSHING_TIMEOUT_MS : REQUEST_TIMEOUT_MS);
    return new Promise((resolve, reject) => {
      const frame = encodeFrame({ id, command, params }, CLIENT_FRAME_BYTES_MAX);
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(ctlError('TIMEOUT', `the session daemon did not answer ${command} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      this.#socket.write(frame);
    });
  }

  /** `output` is the absolute path of the trace's directory; nothing of another trace may be in it. */
  createSession(session: {
    readonly name: string;
    readonly output: string;
    readonly shmPath?: string | null;
    readonly clock?: ClockKind;
  }): Promise<{ name: string; output: string | null }> {
    return this.request('create-session', { ...DEFAULT_SESSION, ...session });
  }

  /** Sizes are rounded up to powers of two; `listSessions` tells what came of them. */
  async enableChannel(session: string, channel: ChannelAttributes): Promise<void> {
    await this.request('enable-channel', { session, channel });
  }

  /** Answers the channel's name; `channel` null is the default channel, created where the session has none. */
  async enableEvent(session: string, rule: EventRule, channel: string | null = null): Promise<string> {
    return (await this.request('enable-event', { session, channel, rule })).channel;
  }

  async startSession(session: string): Promise<void> {
    await this.request('start-session', { session });
  }

  /** Answers once everything committed before the stop is in the trace files. */
  stopSession(session: string): Promise<SessionStatistics> {
    return this.request('stop-session', { session });
  }

  destroySession(session: string): Promise<SessionStatistics> {
    return this.request('destroy-session', { session });
  }

  listSessions(): Promise<readonly SessionDescription[]> {
    return this.request('list-sessions', {});
  }

  listApplications(): Promise<readonly ApplicationDescription[]> {
    return this.request('list-applications', {});
  }

  sessionStatistics(session: string): Promise<SessionStatistics> {
    return this.request('session-statistics', { session });
  }

  /** What was seen of applications since the session was created, for telling why nothing was recorded. */
  sessionSightings(session: string): Promise<SessionSightings> {
    return this.request('session-sightings', { session });
  }

  /** Destroys every session and ends the daemon; returns when it has ended, which closes this connection. */
  async shutdown(options: RequestOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? FLUSHING_TIMEOUT_MS;
    await this.request('shutdown', {}, { timeoutMs });
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(ctlError('TIMEOUT', `the session daemon did not end within ${timeoutMs} ms`));
      const timer = setTimeout(late, timeoutMs);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the connection. Requests without an answer fail with `CLOSED`. */
  close(): void {
    this.#end(ctlError('CLOSED', 'the connection to the session daemon was closed'));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#decoder.push(chunk)) this.#settle(message);
    } catch (error) {
      this.#end(ctlError('BAD_MESSAGE', `the session daemon sent nonsense: ${describeError(error)}`, error));
    }
  }

  #settle(message: unknown): void {
    const reply = checkReply(message);
    const pending = this.#pending.get(reply.id);
    // Absent when the answer came after its request had timed out.
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    if (reply.ok) pending.resolve(reply.result);
    else pending.reject(new CtlError(reply.code, reply.message));
  }

  #end(reason: CtlError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#socket.destroy();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.#pending.clear();
  }
}

function connectedSocket(runDirectory: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(runDirectoryAt(runDirectory).clientSocket);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(ctlError('TIMEOUT', `the session daemon in ${runDirectory} did not take the connection`));
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(connectionRefused(runDirectory, error));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function connectionRefused(runDirectory: string, error: Error): CtlError {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return ctlError('NO_DAEMON', `no session daemon runs in ${runDirectory}`, error);
    case 'EACCES':
    case 'EPERM':
      return ctlError('NOT_PERMITTED', `the session daemon in ${runDirectory} belongs to somebody else`, error);
    default:
      return ctlError('NO_DAEMON', `cannot reach the session daemon in ${runDirectory}: ${error.message}`, error);
  }
}
