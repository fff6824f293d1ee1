import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunDirectory, runDirectoryAt } from '@ringtail/posix';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  CLIENT_REPLY_BYTES_MAX,
  type CommandName,
  type Commands,
  type ConsumerCommand,
  type DomainName,
  encodeFrame,
  FrameDecoder,
  type Notification,
  type NotificationMessage,
  type RegisterMessage,
  type Reply,
} from '@ringtail/protocol';
import { FakeApplication } from './fake-application.test.support.ts';
import type { Asked } from './fake-consumer.test.support.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
export const FAKE_CONSUMER = fileURLToPath(
  new URL('../../dist/testing/fake-consumer.test.support.js', import.meta.url),
);

/** What the fake consumer can be told; see there. */
type FakeConsumerWord = 'kill-at' | 'refuse' | 'hold' | 'broken';

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** The session daemon as a process, with a fake consumer, in a directory of its own. */
export class TestDaemon {
  readonly parent: string;
  readonly directory: RunDirectory;
  #child: ChildProcess | undefined;
  #ended: Promise<Ended> | undefined;
  readonly #clients: TestClient[] = [];
  readonly #applications: FakeApplication[] = [];

  constructor() {
    this.parent = mkdtempSync(join(tmpdir(), 'ringtail-sd-'));
    this.directory = runDirectoryAt(join(this.parent, 'run'));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it and waits until it is ready; or until it has ended, which is answered. */
  async start(consumer = FAKE_CONSUMER, more: readonly string[] = []): Promise<Ended | undefined> {
    const args = [
      MAIN,
      '--rundir',
      this.directory.path,
      '--ready-fd',
      '3',
      '--log-level',
      'debug',
      '--consumer',
      consumer,
      ...more,
    ];
    // Saved sessions and configuration files of whoever runs the tests are none of theirs.
    const env = { ...process.env, RINGTAIL_HOME: this.parent };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.#ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
    const ready = once(child.stdio[3] as Socket, 'data').then(() => undefined);
    // A daemon that does not start closes the pipe without a word.
    ready.catch(() => {});
    return await Promise.race([ready, this.#ended]);
  }

  async client(): Promise<TestClient> {
    const client = await TestClient.connect(this.directory.clientSocket);
    this.#clients.push(client);
    return client;
  }

  /** A thread of an application that has registered; closed with the daemon if not before. */
  async application(more: Partial<RegisterMessage> = {}): Promise<FakeApplication> {
    const application = await FakeApplication.registered(this.directory.appSocket, more);
    this.#applications.push(application);
    return application;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async ended(): Promise<Ended> {
    if (this.#ended === undefined) throw new Error('the daemon was not started');
    return await this.#ended;
  }

  /** What all consumers were asked so far. */
  asked(): Asked[] {
    const path = join(this.directory.path, 'asked');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Asked);
  }

  commands<Type extends ConsumerCommand['type']>(type: Type): Extract<ConsumerCommand, { type: Type }>[] {
    const commands = this.asked().map(({ command }) => command);
    return commands.filter((command) => command.type === type) as Extract<ConsumerCommand, { type: Type }>[];
  }

  /** Changes what the fake consumer does; see there. */
  tell(name: FakeConsumerWord, word: string): void {
    writeFileSync(join(this.directory.path, name), word);
  }

  untell(name: FakeConsumerWord): void {
    rmSync(join(this.directory.path, name), { force: true });
  }

  log(): string {
    return readFileSync(this.directory.logFile, 'utf8');
  }

  /** How many memfds of applications the daemon holds. */
  memfds(): number {
    const directory = `/proc/${this.pid}/fd`;
    return readdirSync(directory).filter((fd) => targetOf(join(directory, fd)).startsWith('/memfd:ringtail-test'))
      .length;
  }

  async dispose(): Promise<void> {
    for (const application of this.#applications) application.close();
    for (const client of this.#clients) client.close();
    if (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.kill('SIGKILL');
      await this.ended();
    }
    rmSync(this.parent, { recursive: true, force: true });
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

type Asking<Name extends CommandName> = Commands[Name]['params'] extends { readonly domain: DomainName }
  ? Omit<Commands[Name]['params'], 'domain'> & { readonly domain?: DomainName }
  : Commands[Name]['params'];

/** A client of the command socket that can also misbehave. */
export class TestClient {
  readonly socket: Socket;
  readonly #decoder = new FrameDecoder(CLIENT_REPLY_BYTES_MAX);
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly closed: Promise<void>;
  /** What came between the answers. */
  readonly notifications: Notification[] = [];
  #nextId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk) => {
      for (const message of this.#decoder.push(chunk)) {
        if (typeof message === 'object' && message !== null && 'notification' in message) {
          this.notifications.push((message as NotificationMessage).notification);
          continue;
        }
        const reply = message as Reply;
        this.#waiting.get(reply.id)?.(reply);
        this.#waiting.delete(reply.id);
      }
    });
  }

  static async connect(path: string): Promise<TestClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    const client = new TestClient(socket);
    await client.ask('hello', { protocol: CLIENT_PROTOCOL_VERSION });
    return client;
  }

  /** The answer to any request. Parameters that name no domain are about user space. */
  reply(command: string, params: unknown): Promise<Reply> {
    const id = this.#nextId++;
    const isObject = typeof params === 'object' && params !== null && !Array.isArray(params);
    const complete = isObject ? { domain: 'user', ...params } : params;
    this.socket.write(encodeFrame({ id, command, params: complete }, CLIENT_FRAME_BYTES_MAX));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** @throws an error with the daemon's code */
  async ask<Name extends CommandName>(command: Name, params: Asking<Name>): Promise<Commands[Name]['result']> {
    const reply = await this.reply(command, params);
    if (!reply.ok) throw Object.assign(new Error(reply.message), { code: reply.code });
    return reply.result as Commands[Name]['result'];
  }

  close(): void {
    this.socket.destroy();
  }
}
