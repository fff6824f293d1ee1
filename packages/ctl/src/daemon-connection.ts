import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describeError, errnoOf } from '@ringtail/base';
import { defaultRunDirectory, runDirectoryAt } from '@ringtail/posix';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  CLIENT_REPLY_BYTES_MAX,
  type CommandName,
  type Commands,
  checkReply,
  checkResult,
  encodeFrame,
  FrameDecoder,
  type Notification,
  notificationOf,
} from '@ringtail/protocol';
import { CtlError, ctlError } from './ctl-error.ts';
import { daemonOwner, describeOwner } from './daemon-owner.ts';
import { NotificationQueue } from './notification-queue.ts';

/**
 * How long a client waits for an answer: longer than the session daemon waits for a consumer that hangs, so that the
 * daemon's answer names the reason. Commands that write recorded events out take as long as the disk needs.
 */
const REQUEST_TIMEOUT_MS = 90_000;
const FLUSHING_TIMEOUT_MS = 600_000;
const FLUSHING_COMMANDS: ReadonlySet<CommandName> = new Set([
  'stop-session',
  'destroy-session',
  'rotate-session',
  // These wait for earlier work on the session.
  'begin-stop',
  'begin-destruction',
  'begin-rotation',
  'record-snapshot',
  'clear-session',
  'shutdown',
]);
/** Long enough for a daemon on an overloaded machine. */
const CONNECT_TIMEOUT_MS = 30_000;
const CONNECT_AGAIN_MS = 5;

export interface ConnectOptions {
  /**
   * Path of the session daemon's run directory; by default the user's own: `RINGTAIL_RUNDIR`, `/run/ringtail` of root,
   * …
   */
  readonly runDirectory?: string | undefined;
  /** Milliseconds in which the daemon has to accept the connection, and again to answer `hello`; 30,000 by default. */
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  /** Milliseconds to wait for the answer: 90,000 by default, 600,000 for commands that write recorded events out. */
  readonly timeoutMs?: number;
}

interface PendingRequest {
  readonly command: CommandName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CtlError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The connection to a session daemon: requests with their answers, and notifications.
 *
 * Requests may overlap; the daemon carries them out and answers in order.
 */
export class DaemonConnection {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(CLIENT_REPLY_BYTES_MAX);
  readonly #pending = new Map<number, PendingRequest>();
  readonly #listeners = new Set<NotificationQueue>();
  #subscribed: Promise<unknown> | undefined;
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
  static async open(options: ConnectOptions): Promise<DaemonConnection> {
    const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
    const runDirectory = options.runDirectory ?? defaultRunDirectory(process.env, process.getuid?.() ?? 0).path;
    const connection = new DaemonConnection(await connectedSocket(runDirectory, timeoutMs));
    try {
      const params = { protocol: CLIENT_PROTOCOL_VERSION };
      const { pid, daemonVersion } = await connection.request('hello', params, { timeoutMs });
      connection.#daemon = { pid, version: daemonVersion };
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get daemonPid(): number {
    return this.#daemon.pid;
  }

  get daemonVersion(): string {
    return this.#daemon.version;
  }

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
      this.#pending.set(id, { command, resolve: resolve as (result: unknown) => void, reject, timer });
      this.#socket.write(frame);
    });
  }

  /** Notifications from now on, until the connection ends. The first call subscribes at the daemon. */
  async subscribe(): Promise<AsyncIterableIterator<Notification>> {
    if (this.#ended !== undefined) throw this.#ended;
    const queue = new NotificationQueue(() => this.#listeners.delete(queue));
    this.#listeners.add(queue);
    this.#subscribed ??= this.request('subscribe', {});
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = undefined;
      this.#listeners.delete(queue);
      throw error;
    }
    return queue;
  }

  /** Returns when the daemon has closed the connection. @throws {CtlError} `TIMEOUT` */
  closed(timeoutMs: number): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve, reject) => {
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
      for (const message of this.#decoder.push(chunk)) this.#take(message);
    } catch (error) {
      this.#end(ctlError('BAD_MESSAGE', `the session daemon sent nonsense: ${describeError(error)}`, error));
    }
  }

  #take(message: unknown): void {
    const notification = notificationOf(message);
    if (notification !== undefined) {
      for (const queue of this.#listeners) queue.push(notification);
      return;
    }
    const reply = checkReply(message);
    // Answer 0 belongs to no request: it says why the daemon ends the connection.
    if (reply.id === 0 && !reply.ok) this.#end(new CtlError(reply.code, reply.message));
    const pending = this.#pending.get(reply.id);
    // Absent if the request has timed out.
    if (pending === undefined) return;
    const result = reply.ok ? checkResult(pending.command, reply.result) : undefined;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    if (reply.ok) pending.resolve(result);
    else pending.reject(new CtlError(reply.code, reply.message, { hint: reply.hint }));
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
    for (const queue of this.#listeners) queue.end();
    this.#listeners.clear();
  }
}

async function connectedSocket(runDirectory: string, timeoutMs: number): Promise<Socket> {
  const { clientSocket, rootSocket } = runDirectoryAt(runDirectory);
  const deadlineMs = performance.now() + timeoutMs;
  let path = process.geteuid?.() === 0 ? rootSocket : clientSocket;
  for (;;) {
    try {
      return await connectOnce(runDirectory, path, deadlineMs - performance.now());
    } catch (error) {
      if (error instanceof CtlError) throw error;
      // Only a daemon of root that serves a group has a socket for root.
      if (path === rootSocket) path = clientSocket;
      // The socket's queue is full, maybe with clients of another user.
      else if (errnoOf(error) !== 'EAGAIN') throw connectionRefused(runDirectory, error);
      else if (performance.now() + CONNECT_AGAIN_MS > deadlineMs) throw notTaken(runDirectory);
      else await delay(CONNECT_AGAIN_MS);
    }
  }
}

function connectOnce(runDirectory: string, path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(notTaken(runDirectory));
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function notTaken(runDirectory: string): CtlError {
  return ctlError('TIMEOUT', `the session daemon in ${runDirectory} did not take the connection`);
}

function connectionRefused(runDirectory: string, error: unknown): CtlError {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return ctlError('NO_DAEMON', `no session daemon runs in ${runDirectory}`, error);
    case 'EACCES':
    case 'EPERM':
      return ctlError(
        'NOT_PERMITTED',
        `the session daemon in ${runDirectory} ${describeOwner(daemonOwner(runDirectory))}`,
        error,
      );
    default:
      return ctlError(
        'NO_DAEMON',
        `cannot reach the session daemon in ${runDirectory}: ${describeError(error)}`,
        error,
      );
  }
}
