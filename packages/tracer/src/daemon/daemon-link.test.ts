import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { loadPosix, type Posix } from '@ringtail/posix';
import { APP_PROTOCOL_VERSION, type RegisterMessage } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ControlFile } from '../control/control-file.ts';
import { DaemonLink, type DaemonLinkOptions } from './daemon-link.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

/**
 * A daemon in a thread of its own, since our side blocks: answers the n-th frame with the n-th of `answers`; null ends
 * the connection. An answer that is held, and those behind it, wait for a message to the thread.
 */
const DAEMON = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const frame = (message) => {
    const text = Buffer.from(JSON.stringify(message));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text]);
  };
  let held = [];
  createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {});
    parentPort.on('message', () => {
      for (const answer of held.splice(0)) socket.write(answer);
    });
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
        const length = bytes.readUInt32LE(0);
        parentPort.postMessage(JSON.parse(bytes.subarray(4, 4 + length).toString()));
        bytes = bytes.subarray(4 + length);
        const answer = workerData.answers.shift();
        if (answer === null) socket.destroy();
        else if (answer !== undefined) {
          const frames = Buffer.concat([...(answer.before ?? []), answer.message].map(frame));
          if (answer.isHeld || held.length > 0) held.push(frames);
          else setTimeout(() => socket.write(frames), answer.delayMs ?? 0);
        }
      }
    });
  }).listen(workerData.path, () => parentPort.postMessage('listening'));
`;

/** A daemon that refuses at once and closes the connection; `closed` is 1 then. */
const REFUSING_DAEMON = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const text = Buffer.from(JSON.stringify({ type: 'refused', code: 'SHARE_USED_UP', message: 'the share is used up' }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  createServer((socket) => {
    socket.on('close', () => {
      Atomics.store(workerData.closed, 0, 1);
      Atomics.notify(workerData.closed, 0);
    });
    socket.write(Buffer.concat([length, text]), () => socket.destroy());
  }).listen(workerData.path, () => parentPort.postMessage('listening'));
`;

type Answer = {
  readonly message: object;
  readonly before?: readonly object[];
  readonly delayMs?: number;
  readonly isHeld?: boolean;
} | null;
const LOOK = { type: 'look', turn: 0 };

/** Messages that the newest daemon has read. */
const read: { type: string }[] = [];
/** Has the newest daemon send the answers that it holds. */
let release: () => void;

async function startDaemon(answers: readonly Answer[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'rt-link-'));
  const path = join(directory, 'app.sock');
  const worker = new Worker(DAEMON, { eval: true, workerData: { path, answers } });
  onTestFinished(async () => {
    await worker.terminate();
    rmSync(directory, { recursive: true, force: true });
  });
  await new Promise((resolve) => worker.once('message', resolve));
  read.length = 0;
  worker.on('message', (message) => read.push(message));
  release = () => worker.postMessage('release');
  return path;
}

const REGISTER: RegisterMessage = {
  type: 'register',
  protocol: APP_PROTOCOL_VERSION,
  tracerVersion: '0',
  runtime: 'test',
  pid: 1,
  tid: 1,
  ppid: 1,
  procname: 'test',
  program: 'test.js',
  mainThread: true,
  slot: 0,
};
const REGISTERED = { message: { type: 'registered', daemonVersion: '0' } };
const OTHER_VERSION =
  `speaks version 9 (this tracer speaks version ${APP_PROTOCOL_VERSION}: ` +
  'install the same version of Ringtail for the program and the session daemon)';
const DECLARE = { type: 'declare', channel: 1, events: [] } as const;

function connect(socketPath: string, timeoutMs = -1, options: Partial<DaemonLinkOptions> = {}) {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const nothing = () => {};
  const link = DaemonLink.connect({
    posix,
    socketPath,
    register: REGISTER,
    controlFd: control.fd,
    timeoutMs,
    onPublished: nothing,
    onRefused: nothing,
    onLost: nothing,
    onEnd: nothing,
    ...options,
  });
  onTestFinished(() => {
    if (link instanceof DaemonLink) link.close();
  });
  return link;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Sockets of this process. */
function sockets(): number[] {
  return readdirSync('/proc/self/fd')
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('the link to a session daemon', () => {
  it('leaves a descriptor alone that the application has closed and has in use for a file', async () => {
    const path = await startDaemon([REGISTERED]);
    const before = sockets();
    let lost = 0;
    const link = connect(path, -1, { onLost: () => lost++ }) as DaemonLink;
    const [descriptor] = sockets().filter((fd) => !before.includes(fd));
    expect(descriptor).toBeDefined();
    // The event loop has to watch the descriptor before the test closes it. It begins to between the next two turns.
    for (let turn = 0; turn < 2; turn++) await nextTurn();
    posix.closeFd(descriptor as number);
    const file = `${path}.file`;
    // The lowest number is given out first. It stays in use: the event loop still knows it as the link's.
    while (openSync(file, 'w') !== descriptor);
    expect(link.send(DECLARE)).toBe(false);
    expect(link.trySend(DECLARE)).toBe(false);
    expect(link.poll()).toBe(false);
    link.close();
    await nextTurn();
    expect(lost).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(readlinkSync(`/proc/self/fd/${descriptor}`)).toBe(file);
  });

  it('sends a request and gets its answer without an event loop', async () => {
    const link = connect(await startDaemon([REGISTERED, { message: { type: 'declared', ids: [4] }, delayMs: 20 }]));
    expect(link).toBeInstanceOf(DaemonLink);
    expect((link as DaemonLink).request(DECLARE, -1)?.message).toEqual({ type: 'declared', ids: [4] });
  });

  it('returns the reason why a daemon refuses', async () => {
    const refused = { message: { type: 'refused', code: 'NOT_PERMITTED', message: 'not your user' } };
    expect(connect(await startDaemon([refused]))).toEqual({ refused: 'not your user' });
  });

  it('adds its own version and the next step where a daemon refuses the version', async () => {
    const refused = { message: { type: 'refused', code: 'PROTOCOL_VERSION', message: 'speaks version 9' } };
    expect(connect(await startDaemon([refused]))).toEqual({ refused: OTHER_VERSION });
  });

  it('returns the reason of a daemon that closes the connection before it reads', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rt-link-'));
    const path = join(directory, 'app.sock');
    const closed = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(REFUSING_DAEMON, { eval: true, workerData: { path, closed } });
    onTestFinished(async () => {
      await worker.terminate();
      rmSync(directory, { recursive: true, force: true });
    });
    await new Promise((resolve) => worker.once('message', resolve));
    const connectUnix: Posix['connectUnix'] = (...args) => {
      const fd = posix.connectUnix(...args);
      Atomics.wait(closed, 0, 0);
      return fd;
    };
    const link = connect(path, 0, { posix: { ...posix, connectUnix } });
    expect(link).toEqual({ refused: 'the share is used up' });
  });

  it('reports a refusal that arrives after the thread has stopped waiting', async () => {
    const refused = { message: { type: 'refused', code: 'PROTOCOL_VERSION', message: 'speaks version 9' } };
    const path = await startDaemon([refused]);
    expect(await new Promise((resolve) => connect(path, 0, { onRefused: resolve }))).toBe(OTHER_VERSION);
  });

  it('gives each answer to its own request, also one that arrives after the limit', async () => {
    const answers = [1, 2].map((id) => ({ message: { type: 'declared', ids: [id] }, isHeld: true }));
    const link = connect(await startDaemon([REGISTERED, ...answers])) as DaemonLink;
    const first = link.request(DECLARE, 1);
    expect(first?.message).toBeUndefined();
    const second = link.request(DECLARE, 1);
    while (read.filter(({ type }) => type === 'declare').length < 2) await nextTurn();
    release();
    while (second?.message === undefined) await nextTurn();
    expect([first?.message, second?.message]).toEqual(answers.map(({ message }) => message));
  });

  it('waits once for a daemon that does not answer, and again after its next answer', async () => {
    const path = await startDaemon([REGISTERED]);
    const limitsMs: number[] = [];
    const receive: Posix['receive'] = (fd, buffer, timeoutMs) => {
      limitsMs.push(timeoutMs);
      return posix.receive(fd, buffer, timeoutMs);
    };
    const link = connect(path, -1, { posix: { ...posix, receive } }) as DaemonLink;
    expect(link.request(DECLARE, 20)?.message).toBeUndefined();
    limitsMs.length = 0;
    expect(link.request(DECLARE, 60_000)?.message).toBeUndefined();
    expect(limitsMs).toEqual([0]);
  });

  it.each(['the event loop', 'a poll'])('reads a late answer in %s', async (place) => {
    const held = { message: { type: 'declared', ids: [1] }, isHeld: true };
    const link = connect(await startDaemon([REGISTERED, held])) as DaemonLink;
    const reply = link.request(DECLARE, 1);
    while (!read.some(({ type }) => type === 'declare')) await nextTurn();
    expect(reply).toEqual({ message: undefined });
    release();
    while (reply?.message === undefined) {
      if (place === 'a poll') expect(link.poll()).toBe(true);
      else await nextTurn();
    }
    expect(reply.message).toEqual({ type: 'declared', ids: [1] });
  });

  it('measures the limit of a wait independently of the time of day', async () => {
    const late = { before: [LOOK], message: { type: 'declared', ids: [5] }, delayMs: 20 };
    const link = connect(await startDaemon([REGISTERED, late])) as DaemonLink;
    let hour = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => ++hour * 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(link.request(DECLARE, 60_000)?.message).toEqual({ type: 'declared', ids: [5] });
  });

  it('distinguishes a `look` message from the answer to a request, also where it arrives first', async () => {
    let looks = 0;
    const declared = { type: 'declared', ids: [7] };
    const path = await startDaemon([REGISTERED, { before: [LOOK, LOOK], message: declared }]);
    const link = connect(path, -1, { onPublished: () => looks++ });
    // The accepted registration counts as one.
    expect(looks).toBe(1);
    expect((link as DaemonLink).request(DECLARE, -1)?.message).toEqual({ type: 'declared', ids: [7] });
    expect(looks).toBe(3);
  });

  it('reports a `look` message from the event loop', async () => {
    const path = await startDaemon([{ before: [REGISTERED.message], message: LOOK }]);
    let looks = 0;
    await new Promise<void>((resolve) => {
      connect(path, 0, {
        onPublished: () => {
          looks += 1;
          if (looks === 2) resolve();
        },
      });
    });
    expect(looks).toBe(2);
  });

  it('does not wait for the answer to its registration with a limit of 0, and does not take it for a later one', async () => {
    const answers = [
      { ...REGISTERED, delayMs: 50 },
      { message: { type: 'declared', ids: [3] }, delayMs: 50 },
    ];
    const link = connect(await startDaemon(answers), 0);
    expect((link as DaemonLink).request(DECLARE, -1)?.message).toEqual({ type: 'declared', ids: [3] });
  });

  it('notices in the event loop that the daemon has ended', async () => {
    const path = await startDaemon([REGISTERED, null]);
    await new Promise<void>((resolve) => {
      const link = connect(path, -1, { onEnd: () => resolve() }) as DaemonLink;
      link.send(DECLARE);
    });
  });

  it('notices while it waits for an answer that the daemon has ended', async () => {
    const link = connect(await startDaemon([REGISTERED, null])) as DaemonLink;
    expect(link.request(DECLARE, -1)?.message).toBeUndefined();
    expect(link.isOpen).toBe(false);
  });

  it.each([{ type: 'declared', ids: ['4'] }, { type: 'declared' }, { type: 'what' }])(
    'closes the connection to a daemon that answers %j',
    async (message) => {
      const link = connect(await startDaemon([REGISTERED, { message }])) as DaemonLink;
      expect(link.request(DECLARE, -1)?.message).toBeUndefined();
      expect(link.isOpen).toBe(false);
    },
  );

  it('reports from the event loop, not in the middle of an exchange, that the event loop runs', async () => {
    const declared = { before: [{ type: 'look', turn: 9 }], message: { type: 'declared', ids: [1] } };
    const link = connect(await startDaemon([REGISTERED, declared])) as DaemonLink;
    const sent: unknown[] = [];
    const trySend = link.trySend.bind(link);
    link.trySend = (message) => sent.push(message) > 0 && trySend(message);
    expect(link.request(DECLARE, -1)?.message).toEqual({ type: 'declared', ids: [1] });
    expect(sent).toEqual([]);
    while (!read.some(({ type }) => type === 'alive')) await nextTurn();
    expect(sent).toEqual([{ type: 'alive', turn: 9 }]);
  });

  it('sends without waiting, and loses no part of a message of which the socket took half', async () => {
    const link = connect(await startDaemon([REGISTERED])) as DaemonLink;
    const match = (trigger: number) => ({
      type: 'trigger-matched' as const,
      trigger,
      matches: 1,
      discarded: 0,
      captures: ['x'.repeat(100_000)],
    });
    let taken = 0;
    while (link.trySend(match(taken))) {
      taken += 1;
      if (taken === 10_000) throw new Error('the daemon reads faster than the test sends');
    }
    // A message that is sent in order waits for the rest of the message before it.
    expect(link.send({ type: 'goodbye', exitCode: 0, exception: null })).toBe(true);
    while (!read.some(({ type }) => type === 'goodbye')) await nextTurn();
    const told = read.filter(({ type }) => type === 'trigger-matched');
    expect(told).toEqual(Array.from({ length: taken }, (_, trigger) => match(trigger)));
  });

  it('throws the system error where no daemon listens', () => {
    expect(() => connect('/nowhere/app.sock')).toThrow(/ENOENT/);
  });
});
