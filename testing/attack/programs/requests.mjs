// Sends requests to the client socket, most of them damaged, and reads the answers:
// node requests.mjs RUNDIR HOME BAIT SEED COUNT
//
// The daemon has to answer every request, or to close its connection with a reason. The report is a line of JSON on
// standard output.
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SessionDaemonClient } from '@ringtail/ctl';
import { runDirectoryAt } from '@ringtail/posix';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  CLIENT_REPLY_BYTES_MAX,
  DEFAULT_CHANNEL,
  FrameDecoder,
} from '@ringtail/protocol';
import { damagedBytes, randomOf } from '../../fuzz/mutate.mjs';
import { damagedJson, frameOf } from './hostile-values.mjs';

const [runDirectory, home, bait, seed, count] = process.argv.slice(2);
const { clientSocket } = runDirectoryAt(runDirectory);
const CONNECTIONS = 4;
const REQUESTS_A_CONNECTION = 12;
/** For one of the connections. Together they stay below 200 a second, the daemon's limit for a user's clients. */
const CONNECTION_PERIOD_MS = 25;
/** A limit for hangs; an answer takes milliseconds. */
const ANSWER_MS = 120_000;

const report = { seed: Number(seed), requests: 0, answered: 0, refused: {}, cut: {}, problems: [] };
const paths = [
  join(home, 'a'),
  join(home, 'a', 'b'),
  bait,
  join(bait, 'secret'),
  join(bait, 'private', 'new'),
  runDirectory,
  '/',
  '/etc',
  '/dev/null',
  '/proc/self/fd/3',
  '/proc/1/root/etc',
  '/sys/kernel',
];

const SESSIONS = ['a', 'b', 'c', 'd', 'all'];
const CHANNELS = ['channel0', 'other', 'third'];
const EVERY = { every: 1 };
const rule = (random) => ({
  pattern: random.pick(['*', 'witness:*', 'attack:e*', 'a:b']),
  ...(random.below(3) === 0 && { filter: random.pick(['index > 5', '$ctx.vpid == 1', 'a == "b*" && !(c < 2)']) }),
  ...(random.below(3) === 0 && { exclude: ['a:*'] }),
  ...(random.below(3) === 0 && { logLevel: { from: 0, to: 6 } }),
});
const session = (random) => ({ session: random.pick(SESSIONS) });
const output = (random) => ({
  name: random.pick([null, 'out']),
  path: random.pick(paths),
  maxBytes: random.pick([null, 65_536]),
});
const channel = (random) => ({
  ...DEFAULT_CHANNEL,
  name: random.pick(CHANNELS),
  mode: random.pick(['discard', 'overwrite']),
  subBufBytes: 4096 * (1 + random.below(4)),
  subBufCount: 2 + random.below(3),
  ownership: random.pick(['user', 'process']),
});
const condition = (random) =>
  random.pick([
    { kind: 'event-rule-matches', rule: rule(random), captures: ['index', '$ctx.vpid'] },
    {
      kind: 'channel-buffer-usage',
      ...session(random),
      channel: 'channel0',
      comparison: 'at-least',
      threshold: { ratio: 0.5 },
    },
    { kind: 'session-consumed-size', ...session(random), bytes: 4096 },
    { kind: 'session-rotation', ...session(random), phase: 'finishes' },
    { kind: 'session-trouble', ...session(random) },
    { kind: 'application-exited', procname: '*', causes: ['signal'] },
    { kind: 'event-rate-above', rule: rule(random), perSecond: 5 },
    { kind: 'no-event-for', rule: rule(random), periodUs: 1_000_000 },
    { kind: 'event-loop-stalled', procname: '*', periodUs: 5_000_000 },
  ]);
// Few programs and posts: each costs a process or a connection, and these are not under attack here.
const action = (random) =>
  random.pick([
    { kind: 'notify', ratePolicy: EVERY },
    {
      kind: random.pick(['start-session', 'stop-session', 'rotate-session']),
      ratePolicy: { every: 50 },
      ...session(random),
    },
    {
      kind: 'snapshot-session',
      ratePolicy: { onceAfter: 10 },
      ...session(random),
      output: null,
      name: null,
      maxBytes: null,
    },
    { kind: 'increment', ratePolicy: EVERY, ...session(random), map: 'm', key: '{event_name}' },
    { kind: 'exec', ratePolicy: { every: 1000 }, command: ['/bin/true', '-x'], timeoutMs: 1000 },
    { kind: 'webhook', ratePolicy: { every: 1000 }, url: 'http://127.0.0.1:9/x', timeoutMs: 1000, attempts: 1 },
  ]);
const trigger = (random) => ({ name: random.pick(['t1', 't2', 't3', 't4']), ownerUid: random.pick([null, null, 0]) });

const DOMAINS = ['user', 'user', 'user', 'kernel', 'jul'];
const domain = (random) => ({ ...session(random), domain: random.pick(DOMAINS) });

/** Parameters of every command. */
const REQUESTS = {
  hello: () => ({ protocol: CLIENT_PROTOCOL_VERSION }),
  'daemon-status': () => ({}),
  'create-session': (random) => ({
    name: random.pick(SESSIONS),
    output: random.pick([null, join(home, 'out'), random.pick(paths)]),
    shmPath: random.pick([null, null, random.pick(paths)]),
    clock: random.pick(['monotonic', 'tsc']),
    snapshot: random.below(2) === 0,
    format: random.pick([null, 'ctf-1.8', 'ctf-2']),
  }),
  'enable-channel': (random) => ({ ...domain(random), channel: channel(random) }),
  'disable-channel': (random) => ({ ...domain(random), channel: random.pick(CHANNELS) }),
  'enable-event': (random) => ({ ...domain(random), channel: random.pick([null, ...CHANNELS]), rule: rule(random) }),
  'disable-event': (random) => ({
    ...domain(random),
    channel: random.pick([null, ...CHANNELS]),
    pattern: random.pick([null, '*']),
  }),
  'add-context': (random) => ({ ...domain(random), channel: null, contexts: ['vpid', 'procname', '$app.a:b'] }),
  'list-contexts': (random) => ({ domain: random.pick(DOMAINS) }),
  track: (random) => ({
    ...domain(random),
    attribute: random.pick(['vpid', 'vuid', 'vgid']),
    values: random.pick([null, [1, 2]]),
  }),
  untrack: (random) => ({
    ...domain(random),
    attribute: random.pick(['vpid', 'vuid', 'vgid']),
    values: random.pick([null, [1]]),
  }),
  'start-session': session,
  'stop-session': session,
  'destroy-session': session,
  'begin-stop': session,
  'begin-destruction': session,
  'record-snapshot': (random) => ({
    ...session(random),
    output: random.pick([null, output(random)]),
    name: null,
    maxBytes: null,
  }),
  'add-snapshot-output': (random) => ({ ...session(random), output: output(random) }),
  'delete-snapshot-output': (random) => ({ ...session(random), output: random.pick([1, 'out']) }),
  'rotate-session': session,
  'begin-rotation': session,
  'set-rotation-schedule': (random) => ({
    ...session(random),
    timerUs: random.pick([null, 1_000_000]),
    sizeBytes: random.pick([null, 1_000_000]),
  }),
  'clear-session': session,
  'regenerate-metadata': session,
  'regenerate-statedump': session,
  'reclaim-memory': (random) => ({ ...domain(random), channels: random.pick([null, CHANNELS]), olderThanUs: 0 }),
  'list-sessions': () => ({}),
  'list-instrumentation': (random) => ({ domain: random.pick(DOMAINS), fields: random.below(2) === 0 }),
  'session-statistics': session,
  'session-memory': session,
  'session-sightings': session,
  'watch-command': (random) => ({ ...session(random), pid: random.pick([1, process.pid]), preload: '--import=x' }),
  'session-diagnosis': session,
  'add-trigger': (random) => ({
    trigger: { name: trigger(random).name, condition: condition(random), actions: [action(random), action(random)] },
    ownerUid: null,
  }),
  'remove-trigger': trigger,
  'list-triggers': () => ({}),
  'add-map': (random) => ({
    ...domain(random),
    map: {
      name: 'm',
      valueType: 'signed-int-64',
      keyCountMax: 100,
      updatePolicy: 'per-event',
      ownership: 'user',
      deadProcesses: 'sum',
    },
  }),
  'show-maps': (random) => ({ ...domain(random), map: random.pick([null, 'm']) }),
  subscribe: () => ({}),
  shutdown: () => ({}),
};
// Most commands test little without existing sessions.
const OFTEN = ['create-session', 'create-session', 'create-session', 'enable-event', 'start-session', 'start-session'];
const COMMANDS = [...Object.keys(REQUESTS), ...OFTEN];
const NEVER_DAMAGED = /"webhook"|"exec"/;

await Promise.all(Array.from({ length: CONNECTIONS }, (_, lane) => attack(lane)));
await tidyUp();
console.log(JSON.stringify(report));

/** Removes sessions and triggers with damaged names. */
async function tidyUp() {
  const client = await SessionDaemonClient.connect({ runDirectory });
  for (const { name } of await client.listTriggers()) await client.removeTrigger(name);
  for (const { name } of await client.listSessions()) await client.destroySession(name);
  client.close();
}

async function attack(lane) {
  for (let index = lane; report.requests < Number(count); index += CONNECTIONS) {
    const due = performance.now() + CONNECTION_PERIOD_MS;
    const random = randomOf(Number(seed), index);
    const requests = Array.from({ length: 1 + random.below(REQUESTS_A_CONNECTION) }, (_, at) =>
      oneRequest(random, at + 1),
    );
    const damaged = random.below(8) === 0 ? damagedFrame(random) : undefined;
    report.requests += requests.length + (damaged === undefined ? 0 : 1);
    try {
      await converse(requests, damaged);
    } catch (error) {
      report.problems.push(`connection ${index}: ${error.message}`);
    }
    if (report.problems.length > 20) return;
    await pause(Math.max(0, due - performance.now()));
  }
}

function request(id, command, params) {
  return { id, command, params };
}

function oneRequest(random, id) {
  const command = random.pick(COMMANDS);
  const sound = request(id, command, REQUESTS[command](random));
  // A damaged address could be anywhere.
  if (random.below(5) < 2 || NEVER_DAMAGED.test(JSON.stringify(sound))) return sound;
  return damagedJson(random, sound, paths);
}

function damagedFrame(random) {
  const frame = frameOf(request(99, 'list-sessions', {}));
  return damagedBytes(random, frame, frameOf(request(98, 'create-session', REQUESTS['create-session'](random))));
}

function shortened(request) {
  return (JSON.stringify(request) ?? 'damaged bytes').slice(0, 300);
}

/** Result of Ringtail's decoder for the bytes: the code of its refusal, or the number of messages. */
function expectationOf(bytes) {
  try {
    return { messages: new FrameDecoder(CLIENT_FRAME_BYTES_MAX).push(bytes).length };
  } catch (error) {
    return { messages: 0, code: error.code };
  }
}

/** Sends the hello, requests and perhaps other bytes, and waits for all answers and the end. */
function converse(requests, damaged) {
  const last = damaged === undefined ? { messages: 0 } : expectationOf(damaged);
  const expected = 1 + requests.length + last.messages;
  return new Promise((resolve, reject) => {
    const socket = connect(clientSocket);
    const decoder = new FrameDecoder(CLIENT_REPLY_BYTES_MAX);
    const limit = setTimeout(
      () => finish(new Error(`no answer within ${ANSWER_MS} ms to ${shortened(requests[answers - 1])}`)),
      ANSWER_MS,
    );
    let answers = 0;
    let cut;
    const finish = (error) => {
      clearTimeout(limit);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const message of decoder.push(chunk)) {
        if (message.notification !== undefined) continue;
        if (message.ok === false && message.code.startsWith('FRAME_')) cut = message.code;
        else if (++answers === 1) {
          // Before its first answer, the daemon accepts only short requests.
          for (const each of requests) socket.write(frameOf(each));
          if (damaged !== undefined) socket.write(damaged);
        }
        if (message.ok === true) report.answered++;
        else report.refused[message.code] = (report.refused[message.code] ?? 0) + 1;
      }
      if (answers === expected && last.code === undefined) {
        // The daemon waits for the end of an incomplete frame, so close the connection.
        finish();
      }
    });
    socket.on('close', () => {
      if (cut !== undefined) report.cut[cut] = (report.cut[cut] ?? 0) + 1;
      if (last.code !== undefined && cut === last.code) finish();
      else finish(new Error(`closed after ${answers} of ${expected} answers, with ${cut ?? 'no reason'}`));
    });
    socket.write(frameOf(request(0, 'hello', REQUESTS.hello())));
  });
}
