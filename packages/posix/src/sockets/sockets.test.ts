import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, readdirSync, readlinkSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireKoffi } from '../koffi.ts';
import { bindLibc } from '../libc.ts';
import { loadPosix, type Posix } from '../load.ts';
import { MESSAGE_FD_COUNT_MAX, withMessageMemory } from './message-memory.ts';
import { UNIX_PATH_BYTES_MAX } from './socket-address.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const posix: Posix = loaded.posix;

let directory: string;
const fds: number[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-posix-'));
});
afterEach(async () => {
  for (const fd of fds.splice(0)) closeSync(fd);
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(directory, { recursive: true });
});

function keep(fd: number | null): number {
  if (fd === null) throw new Error('there is no descriptor');
  fds.push(fd);
  return fd;
}

/** A listening socket, a client of it and the accepted end. */
function connectedPair(): { path: string; listener: number; client: number; server: number } {
  const path = join(directory, 'test.sock');
  const listener = keep(posix.listenUnix(path, 0o600, 8));
  const client = keep(posix.connectUnix(path, 1000));
  return { path, listener, client, server: keep(posix.accept(listener)) };
}

function failureOf(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('no error was thrown');
}

/** A module in another process, with `posix` and `path` at hand. */
function startPeer(path: string, source: string): ChildProcess {
  const entry = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const code = `import { loadPosix } from ${entry}; const { posix } = loadPosix(); const path = ${JSON.stringify(path)};\n${source}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** Waits until the descriptor is readable. */
function readable(fd: number): Promise<void> {
  return new Promise((resolve) => {
    const watch = posix.watch(fd, () => {
      watch.close();
      resolve();
    });
  });
}

describe('listening', () => {
  it('gives the socket file exactly the mode asked for', () => {
    const path = join(directory, 'open.sock');
    const umask = process.umask(0o077);
    try {
      keep(posix.listenUnix(path, 0o666, 8));
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o666);
  });

  it('throws EADDRINUSE where a file exists already', () => {
    const path = join(directory, 'used.sock');
    writeFileSync(path, '');
    expect(failureOf(() => posix.listenUnix(path, 0o600, 8)).code).toBe('EADDRINUSE');
  });

  it('accept returns null while no client has connected', () => {
    const listener = keep(posix.listenUnix(join(directory, 'idle.sock'), 0o600, 8));
    expect(posix.accept(listener)).toBeNull();
  });
});

describe('connecting', () => {
  it('distinguishes a missing socket, one without a listener and a path that is too long', () => {
    const path = join(directory, 'gone.sock');
    const missing = failureOf(() => posix.connectUnix(path, 100));
    expect(missing.code).toBe('ENOENT');
    expect(missing.message).toContain(path);
    posix.closeFd(posix.listenUnix(path, 0o600, 8));
    expect(failureOf(() => posix.connectUnix(path, 100)).code).toBe('ECONNREFUSED');

    const long = join(directory, 'x'.repeat(UNIX_PATH_BYTES_MAX - directory.length));
    const tooLong = failureOf(() => posix.connectUnix(long, 100));
    expect(tooLong.code).toBe('ENAMETOOLONG');
    expect(tooLong.message).toContain('108 bytes, the path of a Unix socket at most 107');
    keep(posix.listenUnix(long.slice(0, -1), 0o600, 8));
    keep(posix.connectUnix(long.slice(0, -1), 100));
  });

  it.each([0, 30])('gives up after %i ms when the queue of the listener stays full', (timeoutMs) => {
    const path = join(directory, 'full.sock');
    keep(posix.listenUnix(path, 0o600, 0));
    keep(posix.connectUnix(path, 1000));
    expect(failureOf(() => posix.connectUnix(path, timeoutMs)).code).toBe('TIMEOUT');
  });
});

describe('a connection', () => {
  it('knows who is at the other end', () => {
    const { server } = connectedPair();
    expect(posix.peerCredentials(server)).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
  });

  it('gives the end of the peer as 0 bytes, both ways', () => {
    const { client, server } = connectedPair();
    expect(posix.receiveWithFds(server, Buffer.alloc(8))).toBeNull();
    expect(failureOf(() => posix.receive(client, Buffer.alloc(8), 10)).code).toBe('TIMEOUT');
    fds.splice(fds.indexOf(client), 1);
    posix.closeFd(client);
    expect(posix.receiveWithFds(server, Buffer.alloc(8))).toEqual({ bytes: 0, fds: [], fdsRefused: false });
    expect(failureOf(() => posix.sendWithFd(server, Buffer.from('x'), null, 10)).code).toBe('EPIPE');
  });

  it('a send that the peer does not take ends with TIMEOUT', () => {
    const { client } = connectedPair();
    expect(failureOf(() => posix.sendWithFd(client, Buffer.alloc(16 * 1024 * 1024), null, 20)).code).toBe('TIMEOUT');
  });

  it('a send that does not wait returns the number of bytes that found room', () => {
    const { client, server } = connectedPair();
    expect(posix.sendNow(client, Buffer.from('abc'))).toBe(3);
    let sent = 3;
    for (let count = 1; count > 0; sent += count) count = posix.sendNow(client, Buffer.alloc(1024 * 1024));
    expect(sent).toBeGreaterThan(3);
    for (const buffer = Buffer.alloc(65_536); sent > 0; ) sent -= posix.receive(server, buffer, 1000);
    fds.splice(fds.indexOf(server), 1);
    posix.closeFd(server);
    expect(failureOf(() => posix.sendNow(client, Buffer.from('x'))).code).toBe('EPIPE');
  });

  it('passes a descriptor with the first byte, which a receiver cannot read past', () => {
    const { client, server } = connectedPair();
    const memfd = keep(posix.memfdCreate('passed', 0));
    posix.sendWithFd(client, Buffer.from('before'), null, 1000);
    posix.sendWithFd(client, Buffer.from('with'), memfd, 1000);
    const buffer = Buffer.alloc(64);
    const texts: string[] = [];
    const passed: number[] = [];
    for (let message = posix.receiveWithFds(server, buffer); message; message = posix.receiveWithFds(server, buffer)) {
      texts.push(buffer.toString('latin1', 0, message.bytes));
      passed.push(...message.fds);
    }
    expect(texts.join('')).toBe('beforewith');
    expect(passed).toHaveLength(1);
    expect(readlinkSync(`/proc/self/fd/${keep(passed[0]!)}`)).toContain('memfd:passed');
  });

  it('refuses to send a descriptor with no byte', () => {
    const { client } = connectedPair();
    expect(failureOf(() => posix.sendWithFd(client, Buffer.alloc(0), client, 10)).code).toBe('EINVAL');
  });

  it('reports that a peer sends more descriptors than a message may carry', () => {
    const { client, server } = connectedPair();
    const before = readdirSync('/proc/self/fd').length;
    const sent = Array.from({ length: MESSAGE_FD_COUNT_MAX + 1 }, () => client);
    expect(sendRaw(client, sent)).toBe(1);
    const received = posix.receiveWithFds(server, Buffer.alloc(8));
    expect(received).toMatchObject({ bytes: 1, fdsRefused: true });
    expect(received?.fds).toHaveLength(MESSAGE_FD_COUNT_MAX);
    for (const fd of received?.fds ?? []) posix.closeFd(fd);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

/** Plays a peer that is not ours: one byte with any number of descriptors. */
function sendRaw(socket: number, sent: readonly number[]): number {
  const koffi = requireKoffi();
  const libc = bindLibc(koffi);
  return withMessageMemory(libc, 1, (memory) => {
    memory.setFd(socket);
    const view = new DataView(koffi.view(BigInt(memory.address), 256));
    view.setBigUint64(40, BigInt(16 + Math.ceil(sent.length / 2) * 8), true);
    view.setBigUint64(128, BigInt(16 + sent.length * 4), true);
    for (const [index, fd] of sent.entries()) view.setInt32(144 + index * 4, fd, true);
    return libc.sendmsg(socket, memory.address, 0);
  });
}

describe('two processes', () => {
  it('share memory through a passed descriptor and exchange messages of any size', async () => {
    const path = join(directory, 'two.sock');
    const listener = keep(posix.listenUnix(path, 0o600, 8));
    const bytes = 3 * 1024 * 1024;
    const child = startPeer(
      path,
      `const fd = posix.memfdCreate('shared', 0);
       posix.allocate(fd, 4096);
       const view = new Uint8Array(posix.map(fd, 4096).buffer);
       view[0] = 11;
       const socket = posix.connectUnix(path, 5000);
       const message = Buffer.alloc(${bytes});
       for (let i = 0; i < message.length; i++) message[i] = i % 251;
       posix.sendWithFd(socket, message, fd, 30000);
       const answer = Buffer.alloc(16);
       const count = posix.receive(socket, answer, 30000);
       console.log(JSON.stringify([answer.toString('latin1', 0, count), view[1], posix.receive(socket, answer, 30000)]));`,
    );
    const output: Buffer[] = [];
    child.stdout!.on('data', (data: Buffer) => output.push(data));

    await readable(listener);
    const server = keep(posix.accept(listener));
    expect(posix.peerCredentials(server).pid).toBe(child.pid);
    const buffer = Buffer.alloc(256 * 1024);
    let received = 0;
    let wrong = 0;
    let passed = -1;
    while (received < bytes) {
      const message = posix.receiveWithFds(server, buffer);
      if (message === null) {
        await readable(server);
        continue;
      }
      expect(message.bytes).toBeGreaterThan(0);
      if (message.fds.length > 0) {
        expect(received).toBe(0);
        passed = keep(message.fds[0]!);
      }
      for (let i = 0; i < message.bytes; i++) if (buffer[i] !== (received + i) % 251) wrong++;
      received += message.bytes;
    }
    expect([received, wrong]).toEqual([bytes, 0]);

    const first = Buffer.alloc(1);
    readSync(passed, first, 0, 1, 0);
    expect(first[0]).toBe(11);
    const mapping = posix.map(passed, 4096);
    new Uint8Array(mapping.buffer)[1] = 22;
    posix.sendWithFd(server, Buffer.from('thanks'), null, 1000);
    fds.splice(fds.indexOf(server), 1);
    posix.closeFd(server);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(JSON.parse(Buffer.concat(output).toString())).toEqual(['thanks', 22, 0]);
  });
});
