// One continuous attack of a hostile user: node crowd.mjs KIND RUNDIR SEED
//
// It runs until standard input ends. Refused and closed attempts are repeated after a short pause. The report is a line
// of JSON on standard output: attempts, and refusals by message.
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { runDirectoryAt } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  CLIENT_REPLY_BYTES_MAX,
  DEFAULT_CHANNEL,
  FrameDecoder,
} from '@ringtail/protocol';
import { randomOf } from '../../fuzz/mutate.mjs';
import { oneMessage } from './hostile-messages.mjs';
import { HostileThread, posix } from './hostile-thread.mjs';
import { frameOf } from './hostile-values.mjs';

const [kind, runDirectory, seed] = process.argv.slice(2);
const { appSocket, clientSocket } = runDirectoryAt(runDirectory);
/** Pause before a repetition and between attempts: an attack on the processors would not need a session daemon. */
const AGAIN_MS = 50;
const PERIOD_MS = 5;

const report = { kind, attempts: 0, done: 0, refused: {} };
let isOver = false;

const HELLO = frameOf({ id: 0, command: 'hello', params: { protocol: CLIENT_PROTOCOL_VERSION } });
const request = (id, command, params = {}) => frameOf({ id, command, params });

/** A connection of each kind is made again when it has ended. */
const KINDS = {
  sessions: () =>
    hold(2, clientSocket, async (socket) => {
      for (let id = 1; !socket.destroyed && !isOver; id++) {
        const session = `hostile-${id % 300}`;
        const parameters = { output: null, shmPath: null, clock: 'monotonic', snapshot: true, format: null };
        socket.write(request(id, 'create-session', { name: session, ...parameters }));
        socket.write(request(id, 'enable-channel', { session, domain: 'user', channel: DEFAULT_CHANNEL }));
        socket.write(request(id, 'enable-event', { session, domain: 'user', channel: null, rule: { pattern: '*' } }));
        socket.write(request(id, 'start-session', { session }));
        if (id > 300 && id % 3 === 0) socket.write(request(id, 'destroy-session', { session }));
        await pause(PERIOD_MS);
      }
    }),
  declarations: () => declare(),
  /** Requests with long answers, which the client never reads. */
  pipelined: () =>
    hold(10, clientSocket, async (socket) => {
      socket.pause();
      for (let id = 1; !socket.destroyed && !isOver; id++) {
        const isTaken = socket.write(
          request(id, id % 2 === 0 ? 'list-sessions' : 'list-instrumentation', { domain: 'user', fields: true }),
        );
        if (!isTaken) await pause(PERIOD_MS);
      }
    }),
  /** Half of the longest frame, without the rest. */
  'half-requests': () => hold(15, clientSocket, (socket) => void socket.write(half(CLIENT_FRAME_BYTES_MAX))),
  /** Clients that subscribe to all notifications and read none. */
  watchers: () =>
    hold(15, clientSocket, (socket) => {
      socket.write(request(1, 'subscribe'));
      socket.pause();
    }),
  /** Frames sent byte by byte. */
  drip: () => {
    hold(20, appSocket, (socket) => drip(socket, frameOf({ type: 'register', padding: 'x'.repeat(10_000) })));
    hold(3, clientSocket, (socket) => drip(socket, request(1, 'list-sessions', { padding: 'x'.repeat(1_000_000) })));
  },
  /** Connections that each cause a line in the log. */
  'log-flood': () => {
    hold(10, appSocket, (socket) => socket.end('\x07\0\0\0garbage'), PERIOD_MS);
    hold(2, clientSocket, (socket) => socket.end('\xff\xff\xff\xff', 'latin1'), PERIOD_MS);
  },
  'half-frames': () => register(350, half(APP_FRAME_BYTES_MAX)),
  /** Threads that register and then stay idle. */
  registrations: () => register(3000, Buffer.alloc(0)),
  'silent-programs': () => hold(1000, appSocket, () => {}),
  'silent-clients': () => hold(300, clientSocket, () => {}, AGAIN_MS, ''),
};

process.stdin.resume().on('end', () => {
  isOver = true;
  console.log(JSON.stringify(report));
  process.exit();
});
await KINDS[kind]();

/** Keeps this number of connections open. A client sends the hello and reads the answer, unless it is a silent one. */
function hold(count, path, use, againMs = AGAIN_MS, greeting = path === clientSocket ? HELLO : '') {
  for (let i = 0; i < count; i++) void holdOne({ path, use, againMs, greeting });
}

async function holdOne({ path, use, againMs, greeting }) {
  while (!isOver) {
    await new Promise((resolve) => {
      report.attempts++;
      const socket = connect(path);
      const decoder = new FrameDecoder(path === appSocket ? APP_FRAME_BYTES_MAX : CLIENT_REPLY_BYTES_MAX);
      let isGreeted = greeting === '';
      socket.on('error', (error) => countRefusal(error.code));
      socket.on('data', (chunk) => {
        for (const message of decoder.push(chunk)) {
          if (isGreeted || message.ok !== true) countAnswer(message);
          else {
            isGreeted = true;
            report.done++;
            use(socket);
          }
        }
      });
      socket.once('connect', () => {
        socket.write(greeting);
        if (isGreeted) use(socket);
      });
      socket.once('close', resolve);
    });
    await pause(againMs);
  }
}

function countAnswer(message) {
  if (message.type === 'refused') countRefusal(message.message);
  if (message.ok === false) countRefusal(`${message.code}: ${message.message}`);
}

/** The message without numbers and names, so that equal reasons are counted together. */
function countRefusal(reason = 'no reason') {
  const words = reason
    .replace(/\d+/g, 'N')
    .replace(/hostile-N/g, 'S')
    .slice(0, 160);
  report.refused[words] = (report.refused[words] ?? 0) + 1;
}

/** The first half of the longest frame. */
function half(bytes) {
  const frame = Buffer.alloc(bytes / 2, 0x20);
  frame.writeUInt32LE(bytes - 4, 0);
  return frame;
}

async function drip(socket, bytes) {
  for (let at = 0; at < bytes.length && !socket.destroyed && !isOver; at++) {
    socket.write(bytes.subarray(at, at + 1));
    await pause(PERIOD_MS);
  }
  socket.destroy();
}

/** Keeps this number of threads registered. Each sends these bytes as far as the daemon accepts them. */
async function register(count, bytes) {
  const threads = [];
  while (!isOver) {
    report.attempts++;
    const thread = new HostileThread(runDirectory);
    if (registered(thread)) threads.push({ thread, sent: 0 });
    else {
      thread.close();
      await pause(AGAIN_MS);
    }
    for (const each of threads) each.sent += sendMore(each, bytes);
    // Some end now and then, so that new ones always follow.
    if (threads.length >= count) for (const gone of threads.splice(0, 50)) gone.thread.close();
    await pause(PERIOD_MS);
  }
}

function sendMore({ thread, sent }, bytes) {
  try {
    return sent < bytes.length ? posix.sendNow(thread.socket, bytes.subarray(sent)) : 0;
  } catch (error) {
    countRefusal(error.code);
    return bytes.length - sent;
  }
}

/** A refusal counts like a closed connection here: the attempt is repeated. */
function registered(thread) {
  try {
    if (thread.register()) {
      report.done++;
      return true;
    }
    countRefusal(thread.refusal?.message);
  } catch (error) {
    countRefusal(error.message);
  }
  return false;
}

async function declare() {
  for (let index = 0; !isOver; index++) {
    report.attempts++;
    const random = randomOf(Number(seed), index);
    const thread = new HostileThread(runDirectory);
    if (registered(thread)) {
      const keys = [...thread.desiredChannels().map(({ key }) => key), 0];
      for (let messages = random.below(20); messages > 0; messages--) thread.send(frameOf(oneMessage(random, keys)));
    } else await pause(AGAIN_MS);
    thread.close();
    await pause(PERIOD_MS);
  }
}
