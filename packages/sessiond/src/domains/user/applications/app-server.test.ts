import { mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Seal } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  APP_PROTOCOL_VERSION,
  type AppReply,
  CONTROL_ABI_VERSION,
  CONTROL_FILE_BYTES,
  CONTROL_MAGIC,
  ControlPage,
  describeOtherVersion,
  encodeFrame,
  FRAME_LENGTH_BYTES,
  type RegisterMessage,
} from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PeerLog } from '../../../log/peer-log.ts';
import { DescriptorQuarantine } from '../../../peers/descriptor-quarantine.ts';
import { SharedPool } from '../../../shares/shared-pool.ts';
import { FakeApplication, memfd, posix, REGISTER } from '../../../testing/fake-application.test.support.ts';
import { testShares } from '../../../testing/shares.test.support.ts';
import { AppServer, type AppServerOptions } from './app-server.ts';
import { checkControlFile } from './received-files.ts';
import type { RegisteredApplication } from './registration.ts';

const UID = process.getuid?.() ?? 0;

let directory: string;
let socketPath: string;
let server: AppServer | undefined;
let events: string[];
let logged: string[];
let descriptorsBefore: string[];
const applications: FakeApplication[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-apps-'));
  socketPath = join(directory, 'app.sock');
  events = [];
  logged = [];
  descriptorsBefore = openFiles();
});
afterEach(async () => {
  for (const application of applications.splice(0)) application.close();
  server?.close();
  server = undefined;
  rmSync(directory, { recursive: true });
  // Handles that were watched are closed in the next turn of the event loop.
  await expect.poll(openFiles).toEqual(descriptorsBefore);
});

/** Sockets and memfds of this process: what a peer could make us leak. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((target) => /^(socket|\/memfd:ringtail)/.test(target))
    .sort();
}

const log: PeerLog = {
  of: () => log,
  error: (message) => logged.push(`error ${message}`),
  warn: (message) => logged.push(`warn ${message}`),
  info: () => {},
  debug: () => {},
};

/** Registers whoever has a control file, and keeps what is said. */
function register(_peer: unknown, message: RegisterMessage, descriptor: number): RegisteredApplication {
  try {
    checkControlFile(posix, descriptor);
  } finally {
    posix.closeFd(descriptor);
  }
  events.push(`register ${message.procname}`);
  return {
    informed: undefined,
    declare: async ({ events: specs }) => {
      events.push('declare');
      await Promise.resolve();
      return { type: 'declared', ids: specs.map((_, idx) => idx) };
    },
    ring: ({ channel }, ring) => {
      posix.closeFd(ring);
      events.push(`ring ${channel}`);
    },
    trouble: ({ code }) => events.push(`trouble ${code}`),
    wrongValue: () => {},
    tracepoints: ({ tracepoints }) => events.push(`tracepoints ${tracepoints.length}`),
    triggerMatched: () => {},
    counters: () => {},
    alive: () => {},
    program: () => {},
    goodbye: () => {},
    ended: () => events.push('ended'),
  };
}

function listen(more: Partial<AppServerOptions> = {}): void {
  const options: AppServerOptions = {
    posix,
    socketPath,
    mode: 0o600,
    quarantine: new DescriptorQuarantine({ posix, userBehind: (uid) => uid, nowMs: () => performance.now() }),
    shares: testShares(),
    serves: () => true,
    register,
    registerUnable: (_, { reason }) => {
      events.push(`unable ${reason}`);
      return () => events.push('unable ended');
    },
    onRefused: (_, why, program) => events.push(`refused ${program ?? ''} ${why}`),
    onShareUsedUp: (_, share) => events.push(`used up: ${share}`),
    log,
  };
  server = new AppServer({ ...options, ...more });
}

function connect(): FakeApplication {
  const application = new FakeApplication(socketPath);
  applications.push(application);
  return application;
}

async function registered(): Promise<FakeApplication> {
  const application = connect();
  application.send(REGISTER, application.control);
  expect((await application.reply())?.type).toBe('registered');
  return application;
}

const UNABLE = { type: 'unable', protocol: REGISTER.protocol, program: 'fake.js', reason: 'no memory' };

/** All answers until the daemon ends the connection. */
async function answersUntilEnd(application: FakeApplication): Promise<AppReply[]> {
  const answers: AppReply[] = [];
  for (let reply = await application.reply(); reply !== undefined; reply = await application.reply())
    answers.push(reply);
  return answers;
}

describe('a thread that keeps to the protocol', () => {
  it('is registered, and answered in order', async () => {
    listen();
    const application = await registered();
    const spec = { name: 'p:e' };
    for (const count of [3, 1]) application.send({ type: 'declare', channel: 1, events: Array(count).fill(spec) });
    application.send({ type: 'tracepoints', tracepoints: [{ name: 'p:e', logLevel: 6, fields: [] }] });
    application.send({ type: 'trouble', channel: null, code: 'X', message: 'y' });
    expect(await application.reply()).toEqual({ type: 'declared', ids: [0, 1, 2] });
    expect(await application.reply()).toEqual({ type: 'declared', ids: [0] });
    expect(events).toEqual(['register fake', 'declare', 'declare', 'tracepoints 1', 'trouble X']);
  });

  it('may say instead that it cannot be recorded, and is known as long as it is there', async () => {
    listen();
    const application = connect();
    application.send(UNABLE);
    await expect.poll(() => events).toEqual(['unable no memory']);
    application.close();
    await expect.poll(() => events).toEqual(['unable no memory', 'unable ended']);
    expect(logged).toEqual([]);
  });

  it('may send its frames in any pieces, descriptors with the first byte of theirs', async () => {
    listen();
    const application = connect();
    const frame = encodeFrame(REGISTER, APP_FRAME_BYTES_MAX);
    application.sendBytes(frame.subarray(0, 1), application.control);
    for (const byte of frame.subarray(1)) application.sendBytes(Uint8Array.of(byte));
    expect((await application.reply())?.type).toBe('registered');
    for (const channel of [1, 2, 3]) application.sendRing(channel, 4096);
    application.send({ type: 'declare', channel: 1, events: [] });
    await application.reply();
    expect(events).toEqual(['register fake', 'ring 1', 'ring 2', 'ring 3', 'declare']);
  });

  it('hands over what was in flight when it is killed, also with an answer that it never read', async () => {
    listen();
    const application = await registered();
    application.send({ type: 'declare', channel: 1, events: [] });
    await expect.poll(() => events).toContain('declare');
    application.sendRing(7, 4096);
    application.sendRing(8, 4096);
    application.close();
    await expect.poll(() => events).toEqual(['register fake', 'declare', 'ring 7', 'ring 8', 'ended']);
    expect(logged).toEqual([]);
  });

  it('is heard at once where everything in flight has to be known', async () => {
    listen();
    const application = await registered();
    application.sendRing(7, 4096);
    server?.drain();
    expect(events).toEqual(['register fake', 'ring 7']);
  });
});

function controlFileOf(version: number, bytes: number): number {
  const words = Buffer.alloc(8);
  words.writeUInt32LE(CONTROL_MAGIC, ControlPage.MAGIC);
  words.writeUInt32LE(version, ControlPage.ABI_VERSION);
  return memfd(bytes, Seal.SHRINK, words.toString('latin1'));
}

describe('a peer that does not keep to the protocol', () => {
  const garbage = Buffer.from([5, 0, 0, 0, 0xff, 0xfe, 0x00, 0x7b, 0x22]);
  const giant = Buffer.alloc(FRAME_LENGTH_BYTES);
  giant.writeUInt32LE(0xffff_ffff);

  it.each<[string, (application: FakeApplication) => void]>([
    ['garbage', (application) => application.sendBytes(garbage)],
    ['a giant length', (application) => application.sendBytes(giant)],
    ['a message of no type', (application) => application.send({ type: 'hello' })],
    [
      'a message before its registration',
      (application) => application.send({ type: 'declare', channel: 1, events: [] }),
    ],
    ['a registration without a control file', (application) => application.send(REGISTER)],
    ['a descriptor that no message speaks of', (application) => application.send({ type: 'x' }, application.control)],
  ])('is told so and disconnected: %s', async (_, speak) => {
    listen();
    const application = connect();
    speak(application);
    const answers = await answersUntilEnd(application);
    expect(answers).toMatchObject([{ type: 'refused', code: 'BAD_MESSAGE' }]);
    expect(logged).toHaveLength(1);
    expect(events).toEqual([]);
  });

  it.each<[string, () => number]>([
    ['a FIFO', openFifo],
    ['a file on disk', () => openSync(process.execPath, 'r')],
    ['a memfd of another size', () => memfd(4096, Seal.SHRINK)],
    ['a memfd that can shrink', () => memfd(CONTROL_FILE_BYTES, Seal.GROW)],
    ['a memfd with nothing in it', () => memfd(CONTROL_FILE_BYTES, Seal.SHRINK)],
    ['a control file of another size', () => controlFileOf(CONTROL_ABI_VERSION, CONTROL_FILE_BYTES + 4096)],
  ])('is refused with %s as its control file', async (_, open) => {
    listen();
    const application = connect();
    const descriptor = open();
    application.send(REGISTER, descriptor);
    posix.closeFd(descriptor);
    expect(await answersUntilEnd(application)).toMatchObject([{ type: 'refused', code: 'BAD_MESSAGE' }]);
    expect(events).toEqual([]);
  });

  it('is told which protocol version is spoken here', async () => {
    listen();
    const application = connect();
    application.send({ ...REGISTER, protocol: 99 }, application.control);
    expect(await answersUntilEnd(application)).toMatchObject([{ type: 'refused', code: 'PROTOCOL_VERSION' }]);
    const message = describeOtherVersion('the application protocol', 99, APP_PROTOCOL_VERSION);
    expect(events).toEqual([`refused  ${message}`]);
  });

  it.each([
    ['smaller', 8192],
    ['larger', CONTROL_FILE_BYTES + 4096],
  ])('is told which version of the control file is known here, if its own is %s', async (_, bytes) => {
    listen();
    const application = connect();
    const descriptor = controlFileOf(CONTROL_ABI_VERSION - 1, bytes);
    application.send(REGISTER, descriptor);
    posix.closeFd(descriptor);
    const message = describeOtherVersion('the control file', CONTROL_ABI_VERSION - 1, CONTROL_ABI_VERSION);
    expect(await answersUntilEnd(application)).toEqual([{ type: 'refused', code: 'PROTOCOL_VERSION', message }]);
    expect(events).toEqual([`refused fake.js ${message}`]);
  });

  it('cannot register once it has said that it cannot be recorded', async () => {
    listen();
    const application = connect();
    application.send(UNABLE);
    application.send(REGISTER, application.control);
    expect(await answersUntilEnd(application)).toMatchObject([{ type: 'refused', code: 'BAD_MESSAGE' }]);
    expect(events).toEqual(['unable no memory', 'unable ended']);
  });

  it.each<[string, (application: FakeApplication) => void]>([
    ['registers twice', (application) => application.send(REGISTER, application.control)],
    ['sends a ring without a descriptor', (application) => application.send({ type: 'ring', channel: 1, bytes: 1 })],
    [
      'sends a descriptor too many',
      (application) => application.send({ type: 'tracepoints', tracepoints: [] }, application.control),
    ],
    [
      'asks without end',
      (application) => {
        const ask = encodeFrame({ type: 'declare', channel: 1, events: [] }, APP_FRAME_BYTES_MAX);
        application.sendBytes(Buffer.concat(Array(1000).fill(ask)));
      },
    ],
  ])('ends like any other thread when it %s', async (_, speak) => {
    listen();
    const application = await registered();
    speak(application);
    await answersUntilEnd(application);
    expect([events[0], events.at(-1)]).toEqual(['register fake', 'ended']);
    expect(events.filter((event) => event.startsWith('refused fake.js '))).toHaveLength(1);
    expect(logged).toHaveLength(1);
  });

  it('leaves nothing behind when it goes in the middle of a frame with a descriptor', async () => {
    listen();
    const application = await registered();
    const frame = encodeFrame({ type: 'ring', channel: 1, bytes: 4096 }, APP_FRAME_BYTES_MAX);
    const descriptor = memfd(4096, Seal.SHRINK);
    application.sendBytes(frame.subarray(0, 3), descriptor);
    posix.closeFd(descriptor);
    application.close();
    await expect.poll(() => events).toEqual(['register fake', 'ended']);
  });

  it('takes nothing from others', async () => {
    listen();
    const good = await registered();
    for (let round = 0; round < 50; round++) {
      const bad = connect();
      bad.sendBytes(round % 2 === 0 ? garbage : giant);
      if (round % 3 === 0) bad.close();
    }
    expect(await good.declare(1, { name: 'p:e' })).toEqual({ type: 'declared', ids: [0] });
  });
});

describe('who is served', () => {
  it('turns other users away, with a reason', async () => {
    listen({ serves: (uid) => uid !== process.getuid?.() });
    expect(await answersUntilEnd(connect())).toMatchObject([{ type: 'refused', code: 'NOT_PERMITTED' }]);
  });

  it('turns away who comes when there are too many, and serves again when there is room', async () => {
    const shares = testShares();
    const options = {
      of: 'places',
      total: 2,
      rootReserve: 0,
      remedy: 'wait',
      daemonUid: UID,
      userBehind: (u: number) => u,
    };
    listen({ shares: { ...shares, appConnections: new SharedPool(options) } });
    const first = await registered();
    await registered();
    expect(await answersUntilEnd(connect())).toMatchObject([{ type: 'refused', code: 'SHARE_USED_UP' }]);
    expect(events).toContain(`used up: the share of user ${UID} in places`);
    expect(logged).toEqual([expect.stringContaining('there are 2 places already: wait')]);
    first.close();
    await expect.poll(() => events).toContain('ended');
    await registered();
  });
});

function openFifo(): number {
  const path = join(directory, 'fifo');
  posix.mkfifo(path, 0o600);
  return openSync(path, 'r+');
}
