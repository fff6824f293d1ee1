import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDirectoryAt } from '@ringtail/posix';
import { CLIENT_FRAME_BYTES_MAX, DEFAULT_SESSION, encodeFrame, FrameDecoder, NO_STATISTICS } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOTIFICATIONS_WAITING_MAX } from './notification-queue.ts';
import { SessionDaemonClient } from './session-daemon-client.ts';
import { ensureDaemon, spawnDaemon } from './spawn-daemon.ts';

interface Asked {
  readonly id: number;
  readonly command: string;
  readonly params: unknown;
}
type Answer = (asked: Asked, socket: Socket) => unknown;

let runDirectory: string;
let server: Server | undefined;
let client: SessionDaemonClient | undefined;

beforeEach(() => {
  runDirectory = mkdtempSync(join(tmpdir(), 'ringtail-ctl-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  client?.close();
  client = undefined;
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  rmSync(runDirectory, { recursive: true, force: true });
});

const hello = { daemonVersion: '9.9.9', pid: 4711 };

/** A daemon that answers `hello` by itself, and everything else as `answer` says; undefined is no answer. */
async function daemonThat(answer: Answer): Promise<void> {
  server = createServer((socket) => {
    const decoder = new FrameDecoder(CLIENT_FRAME_BYTES_MAX);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const message of decoder.push(chunk)) {
        const asked = message as Asked;
        const reply = asked.command === 'hello' ? { id: asked.id, ok: true, result: hello } : answer(asked, socket);
        if (reply !== undefined) socket.write(encodeFrame(reply, CLIENT_FRAME_BYTES_MAX));
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(runDirectoryAt(runDirectory).clientSocket, resolve));
}

async function connected(answer: Answer): Promise<SessionDaemonClient> {
  await daemonThat(answer);
  client = await SessionDaemonClient.connect({ runDirectory });
  return client;
}

describe('SessionDaemonClient', () => {
  it('asks for the beginning alone of what is not to be waited for', async () => {
    const asked: string[] = [];
    const daemon = await connected(({ id, command }) => {
      asked.push(command);
      if (command.startsWith('begin-')) {
        return { id, ok: true, result: command === 'begin-rotation' ? { archive: '/a' } : null };
      }
      const result = command === 'rotate-session' ? { archive: '/a', statistics: NO_STATISTICS } : NO_STATISTICS;
      return { id, ok: true, result };
    });
    const answers = [
      await daemon.stopSession('s', { wait: false }),
      await daemon.rotateSession('s', { wait: false }),
      await daemon.destroySession('s', { wait: false }),
    ];
    expect(answers).toEqual([null, { archive: '/a' }, null]);
    await daemon.stopSession('s');
    await daemon.rotateSession('s', { wait: true });
    await daemon.destroySession('s', {});
    expect(asked).toEqual([
      'begin-stop',
      'begin-rotation',
      'begin-destruction',
      'stop-session',
      'rotate-session',
      'destroy-session',
    ]);
  });

  it('knows the daemon it is connected to', async () => {
    const { daemonPid, daemonVersion } = await connected(() => undefined);
    expect({ pid: daemonPid, daemonVersion }).toEqual(hello);
  });

  it("finds the daemon of the user's own run directory", async () => {
    await daemonThat(() => undefined);
    vi.stubEnv('RINGTAIL_RUNDIR', runDirectory);
    client = await SessionDaemonClient.connect();
    expect(client.daemonPid).toBe(hello.pid);
  });

  it('sends what the methods are given and answers what the daemon answers', async () => {
    const asked: Asked[] = [];
    const daemon = await connected((request) => {
      asked.push(request);
      return { id: request.id, ok: true, result: { name: 's', output: '/tmp/s', channel: 'channel0' } };
    });
    await daemon.createSession({ name: 's', output: '/tmp/s' });
    expect(await daemon.enableEvent('s', { pattern: 'a:*' })).toBe('channel0');
    expect(asked.map(({ command, params }) => ({ command, params }))).toEqual([
      { command: 'create-session', params: { name: 's', output: '/tmp/s', ...DEFAULT_SESSION } },
      { command: 'enable-event', params: { session: 's', domain: 'user', channel: null, rule: { pattern: 'a:*' } } },
    ]);
  });

  it("fails with the daemon's code where the daemon refuses", async () => {
    const daemon = await connected(({ id }) => ({ id, ok: false, code: 'NO_SUCH_SESSION', message: 'there is none' }));
    await expect(daemon.startSession('s')).rejects.toMatchObject({ code: 'NO_SUCH_SESSION', message: 'there is none' });
  });

  it('fails what is open when the daemon goes away, and everything after', async () => {
    const daemon = await connected((_, socket) => void socket.destroy());
    await expect(daemon.listSessions()).rejects.toMatchObject({ code: 'DAEMON_GONE' });
    await expect(daemon.listSessions()).rejects.toMatchObject({ code: 'DAEMON_GONE' });
  });

  it('lists applications with their tracepoints; equal lists are one', async () => {
    const lists = [[{ name: 'p:a', logLevel: 6, fields: [] }], []];
    const thread = {
      tid: 7,
      uid: 0,
      procname: 'node',
      program: 'app.js',
      runtime: 'node 20',
      mainThread: true,
      troubles: [],
    };
    const asked: unknown[] = [];
    const daemon = await connected(({ id, params }) => {
      asked.push(params);
      const applications = [1, 0, 0].map((tracepoints, pid) => ({ ...thread, pid, tracepoints }));
      return { id, ok: true, result: { applications, tracepointLists: lists, events: [] } };
    });
    const applications = await daemon.listApplications();
    expect(applications).toEqual([1, 0, 0].map((list, pid) => ({ ...thread, pid, tracepoints: lists[list] })));
    expect(applications[1]?.tracepoints).toBe(applications[2]?.tracepoints);
    await daemon.listApplications({ fields: false });
    expect(asked).toEqual([true, false].map((fields) => ({ domain: 'user', fields })));
  });

  it('says so when no answer comes in time, and ignores it when it comes late', async () => {
    let late: (() => void) | undefined;
    const daemon = await connected(({ id, command }, socket) => {
      if (command === 'list-triggers') return { id, ok: true, result: [] };
      late = () => socket.write(encodeFrame({ id, ok: true, result: [] }, CLIENT_FRAME_BYTES_MAX));
      return undefined;
    });
    await expect(daemon.request('list-sessions', {}, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => late).toBeDefined();
    late?.();
    expect(await daemon.listTriggers()).toEqual([]);
  });

  it('has shut a daemon down when the daemon has closed the connection', async () => {
    const order: string[] = [];
    const daemon = await connected(({ id }, socket) => {
      setTimeout(() => {
        order.push('ended');
        socket.end();
      }, 50);
      return { id, ok: true, result: null };
    });
    await daemon.shutdown();
    order.push('returned');
    expect(order).toEqual(['ended', 'returned']);
  });

  it('refuses to go on with a daemon whose answer has another shape', async () => {
    const daemon = await connected(({ id }) => ({ id, ok: true, result: [{ name: 's', uid: 'root' }] }));
    const refused = { code: 'BAD_MESSAGE', message: expect.stringContaining('uid must be an integer') as string };
    await expect(daemon.listSessions()).rejects.toMatchObject(refused);
    await expect(daemon.listSessions()).rejects.toMatchObject(refused);
  });

  it('ends the notifications of a daemon that sends one of another shape', async () => {
    const daemon = await connected(({ id }, socket) => {
      setImmediate(() => socket.write(encodeFrame({ notification: { kind: 'dropped' } }, CLIENT_FRAME_BYTES_MAX)));
      return { id, ok: true, result: null };
    });
    const reader = await daemon.notifications();
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    await expect(daemon.listSessions()).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  });

  it('refuses to go on with a daemon that sends nonsense', async () => {
    const daemon = await connected((_, socket) => void socket.write(Buffer.from([1, 0, 0, 0, 0x7b])));
    await expect(daemon.listSessions()).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  });

  it('tells each reader what happens, in order, from when it asked until the connection ends', async () => {
    const asked: string[] = [];
    let socketOfDaemon: Socket | undefined;
    const daemon = await connected(({ id, command }, socket) => {
      asked.push(command);
      socketOfDaemon = socket;
      return { id, ok: true, result: null };
    });
    const one = await daemon.notifications();
    const two = await daemon.notifications();
    for (const session of ['a', 'b']) {
      const notification = { kind: 'session-created', session };
      socketOfDaemon?.write(encodeFrame({ notification }, CLIENT_FRAME_BYTES_MAX));
    }
    expect((await one.next()).value).toEqual({ kind: 'session-created', session: 'a' });
    await two.return?.();
    expect(await two.next()).toEqual({ done: true, value: undefined });
    expect((await one.next()).value).toEqual({ kind: 'session-created', session: 'b' });
    const last = one.next();
    daemon.close();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(asked).toEqual(['subscribe']);
  });

  it('tells a reader that is behind how much it missed', async () => {
    const daemon = await connected(({ id }, socket) => {
      setImmediate(() => {
        const notification = { kind: 'session-created', session: 's' };
        const frame = encodeFrame({ notification }, CLIENT_FRAME_BYTES_MAX);
        socket.write(Buffer.concat(Array.from({ length: NOTIFICATIONS_WAITING_MAX + 3 }, () => frame)));
        socket.end();
      });
      return { id, ok: true, result: null };
    });
    const reader = await daemon.notifications();
    await expect.poll(() => daemon.listSessions().catch((error) => error.code)).toBe('DAEMON_GONE');
    const kinds: string[] = [];
    for await (const notification of reader) {
      kinds.push(notification.kind === 'dropped' ? `dropped ${notification.count}` : notification.kind);
    }
    expect(kinds.length).toBe(NOTIFICATIONS_WAITING_MAX + 1);
    expect(kinds.at(-1)).toBe('dropped 3');
  });

  it('fails requests without an answer when it is closed', async () => {
    const daemon = await connected(() => undefined);
    const open = daemon.listSessions();
    daemon.close();
    await expect(open).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says that there is no daemon where nobody listens', async () => {
    await expect(SessionDaemonClient.connect({ runDirectory })).rejects.toMatchObject({ code: 'NO_DAEMON' });
    writeFileSync(runDirectoryAt(runDirectory).clientSocket, '');
    await expect(SessionDaemonClient.connect({ runDirectory })).rejects.toMatchObject({ code: 'NO_DAEMON' });
  });
});

describe('spawnDaemon and ensureDaemon', () => {
  it('pass on what a daemon said that did not start', async () => {
    const mainPath = join(runDirectory, 'main.mjs');
    writeFileSync(mainPath, 'process.stderr.write("the moon is wrong\\n"); process.exitCode = 3;');
    await expect(spawnDaemon({ runDirectory, mainPath })).rejects.toMatchObject({
      code: 'DAEMON_NOT_STARTED',
      message: expect.stringContaining('the moon is wrong') as string,
    });
  });

  it('show the end of the log of a daemon that ended without a word', async () => {
    const mainPath = join(runDirectory, 'main.mjs');
    writeFileSync(mainPath, 'process.exitCode = 3;');
    writeFileSync(runDirectoryAt(runDirectory).logFile, 'last words\n');
    await expect(spawnDaemon({ runDirectory, mainPath })).rejects.toMatchObject({
      message: expect.stringMatching(/exit code 3.*last words/s) as string,
    });
  });

  it('use the daemon that runs already', async () => {
    await daemonThat(() => undefined);
    const running = await ensureDaemon({ runDirectory, mainPath: '/nonexistent' });
    client = running.client;
    expect(running).toMatchObject({ pid: hello.pid, spawned: false });
  });
});
