// Uses up a user's share of a session daemon: node take-shares.mjs RUN_DIRECTORY WHAT COUNT
//
// Prints `ready JSON` once the share is used up, and holds it until standard input ends.
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { SessionDaemonClient } from '../../../packages/ctl/dist/index.js';
import { CLIENT_PROTOCOL_VERSION } from '../../../packages/protocol/dist/index.js';
import { FakeApplication, REGISTER } from '../../../packages/sessiond/dist/testing/fake-application.test.support.js';

const [runDirectory, what, count] = process.argv.slice(2);
const appSocket = join(runDirectory, 'app.sock');
const clientSocket = join(runDirectory, 'client.sock');
const FRAME_BYTES = 4 * 1024 * 1024;

const KEY_MAP = {
  valueType: 'signed-int-64',
  keyCountMax: 2048,
  updatePolicy: 'per-rule-match',
  ownership: 'user',
  deadProcesses: 'sum',
};

/** Held objects, so that none is closed. */
const held = [];
/** Reasons of refusals. */
const refusals = new Map();

const attacks = {
  async registrations() {
    await register();
  },

  /** Registers, then begins a message of 4 MiB and sends half of it, as far as it is read. */
  async 'half-messages'() {
    const application = await register();
    if (application === undefined) return;
    const half = Buffer.alloc(FRAME_BYTES / 2, ' ');
    half.writeUInt32LE(FRAME_BYTES - 4);
    new Socket({ fd: application.socket }).on('error', () => {}).write(half);
  },

  /** Without a registration. */
  async 'half-registrations'() {
    const socket = await connected(appSocket);
    const half = Buffer.alloc(FRAME_BYTES / 2, ' ');
    half.writeUInt32LE(FRAME_BYTES - 4);
    socket.write(half);
  },

  /** Sends messages at full speed: long, all different, with much data for the daemon to keep. */
  async 'endless-messages'() {
    const application = await register();
    if (application === undefined) return;
    const socket = new Socket({ fd: application.socket }).on('error', () => {});
    let number = 0;
    const send = (error) => {
      if (error) return;
      const tracepoints = Array.from({ length: 500 }, (_, idx) => {
        return { name: `a:${at}-${number}-${idx}`, logLevel: 6, fields: Array(50).fill([]) };
      });
      number++;
      const text = Buffer.from(JSON.stringify({ type: 'tracepoints', tracepoints }));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      socket.write(Buffer.concat([length, text]), send);
    };
    send();
  },

  /** Registers and disconnects, endlessly. */
  async 'endless-registrations'() {
    const again = async () => {
      const application = await register();
      held.length = 0;
      application?.close();
      setImmediate(again);
    };
    void again();
  },

  /** Connects and disconnects, endlessly. */
  async 'endless-connections'() {
    for (const path of [appSocket, clientSocket]) {
      const again = () => {
        const socket = connect(path).on('error', () => {});
        socket.once('connect', () => socket.destroy()).once('close', again);
      };
      again();
    }
  },

  /** Requests long answers endlessly, and reads none. */
  async 'unread-answers'() {
    await asking().then((socket) => socket.pause());
  },

  /** Requests long answers endlessly, and reads them. */
  async 'endless-requests'() {
    await asking();
  },

  async 'silent-programs'() {
    await connected(appSocket);
  },

  async 'silent-clients'() {
    await connected(clientSocket);
  },

  /** A session with 64 maps, and a thread that assigns one counter to one key after another. */
  async 'keys-of-maps'() {
    const client = await SessionDaemonClient.connect({ runDirectory, timeoutMs: 120_000 });
    const application = await register();
    if (application === undefined) return;
    const session = `keys-${at}`;
    const maps = Array.from({ length: 64 }, (_, idx) => `m${idx}`);
    await client.createSession({ name: session, output: null, snapshot: true });
    for (const name of maps) await client.addMap(session, { ...KEY_MAP, name });
    await client.startSession(session);
    const rule = { pattern: '*' };
    const increment = { kind: 'increment', session, key: '{event_name}', ratePolicy: { every: 1 } };
    await client.addTrigger({
      name: null,
      condition: { kind: 'event-rule-matches', rule, captures: [] },
      actions: maps.map((map) => ({ ...increment, map })),
    });
    const { keys } = application.state().triggers.at(-1);
    for (const { group } of keys) {
      const keyAt = (idx) => `${group}-${idx}-`.padEnd(500, 'x');
      const counters = Array.from({ length: KEY_MAP.keyCountMax }, (_, idx) => {
        return { index: 16_384, group, key: keyAt(idx), start: 0 };
      });
      application.send({ type: 'counters', counters });
    }
    // Waits until the daemon has read all earlier messages.
    await client.showMaps(session, 'm0');
    held.push(client);
  },

  async sessions() {
    held[0] ??= await SessionDaemonClient.connect({ runDirectory });
    await held[0].createSession({ name: `taken-${process.getuid()}-${at}`, output: null });
  },
};

async function register() {
  const application = new FakeApplication(appSocket);
  try {
    application.send({ ...REGISTER, tid: process.pid + at }, application.control);
  } catch {
    // It was refused before; the answer has the reason.
  }
  const reply = await application.reply();
  if (reply?.type === 'registered') {
    held.push(application);
    return application;
  }
  application.close();
  note(reply?.message ?? 'no reason');
  return undefined;
}

async function asking() {
  const socket = await connected(clientSocket);
  const frame = (id, command, params) => {
    const text = Buffer.from(JSON.stringify({ id, command, params }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text]);
  };
  socket.write(frame(1, 'hello', { protocol: CLIENT_PROTOCOL_VERSION }));
  // Writes to a connection that the daemon has ended fail at once, each in the same turn of the event loop.
  const ask = (error) => {
    if (!error) socket.write(frame(2, 'list-instrumentation', { domain: 'user', fields: true }), ask);
  };
  ask();
  return socket;
}

async function connected(path) {
  const socket = connect(path);
  held.push(socket);
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

function note(message) {
  refusals.set(message, (refusals.get(message) ?? 0) + 1);
}

let at = 0;
for (; at < Number(count); at++) {
  try {
    await attacks[what]();
  } catch (error) {
    note(error.message);
  }
}
process.stdout.write(`ready ${JSON.stringify({ held: held.length, refusals: Object.fromEntries(refusals) })}\n`);
await once(process.stdin.resume(), 'end');
process.exit(0);
