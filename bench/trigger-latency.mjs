// Delay between an event and the action of a trigger: until a subscriber has the notification, and until a started
// program has read the report. Beside it, the time of the same paths without Ringtail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { run as runCommand, sleep, startUntilStdinEnds } from './lib/process.mjs';
import { programPath } from './lib/ringtail.mjs';
import { median, percentile99 } from './lib/statistics.mjs';

export const title = 'From an event to the action of a trigger';

const BUDGET_MS = 5;
const EVENTS = 200;
const PERIOD_MS = 25;
/**
 * Longer than a program runs on a machine that is not overloaded: the next occurrence waits for a program that still
 * runs.
 */
const EXEC_PERIOD_MS = 50;
const MANNERS = {
  idle: 'a program that is idle',
  busy: 'a program that never returns to its event loop',
};
const ALWAYS = { ratePolicy: { every: 1 } };
/** Copies its standard input to a file. */
const TEE = '/usr/bin/tee';

export async function run({ quick, ringtail, folder }) {
  const events = quick ? 30 : EVENTS;
  const fifo = join(folder, 'trigger-latency.fifo');
  await runCommand('mkfifo', [fifo]);
  const rows = [];
  for (const [manner, where] of Object.entries(MANNERS)) {
    const socketFloor = await beside(manner, () => roundTrips(join(folder, `echo-${manner}.sock`), events));
    const notified = await notifications(ringtail, manner, events);
    const notification = latencyRow(
      `notification, ${where}`,
      notified,
      socketFloor,
      'round trip between two Node.js processes',
    );
    rows.push({ ...notification, budget: `< ${BUDGET_MS} ms`, within: median(notified) < BUDGET_MS });
    const spawnFloor = await beside(manner, () => spawns(fifo, events));
    const started = await executions(ringtail, fifo, manner, events);
    rows.push(latencyRow(`program at work, ${where}`, started, spawnFloor, 'started by Node.js'));
  }
  return {
    rows,
    notes: [
      `${events} events, one every ${PERIOD_MS} ms (programs: ${EXEC_PERIOD_MS} ms); from the clock reading before the tracepoint, by the same clock in another process.`,
      'A notification has arrived when the subscriber of @ringtail/ctl has it. It crosses two Unix sockets, like the round trip.',
      'The time of a program includes the start of its process by the system, as does its floor.',
      'The program is `tee`: it is at work when the copy of its standard input has arrived. Node.js starts the same program.',
      'The floor of a busy program is measured beside a busy process as well.',
    ],
  };
}

function latencyRow(what, ms, floorMs, floorName) {
  const text = (values) => `${median(values).toFixed(2)} ms (99 %: ${percentile99(values).toFixed(2)} ms)`;
  return {
    what,
    ours: text(ms),
    peer: `${text(floorMs)} (${floorName})`,
    ratio: median(ms) / median(floorMs),
  };
}

/** Runs `measure` beside a busy process if the measured program is a busy one. */
async function beside(manner, measure) {
  if (manner === 'idle') return await measure();
  const spinning = spawn(process.execPath, [programPath('spin.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(spinning.stdout, 'data');
    return await measure();
  } finally {
    spinning.kill('SIGKILL');
    await once(spinning, 'close');
  }
}

const nowNs = () => process.hrtime.bigint();
const msSince = (ns) => Number(nowNs() - BigInt(ns)) / 1e6;

async function notifications(ringtail, manner, events) {
  return await ringtail.withClient(async (client) => {
    const delays = [];
    const incoming = await client.notifications();
    const reading = (async () => {
      for await (const notification of incoming) {
        if (notification.kind === 'trigger-fired') delays.push(msSince(notification.report.captures.at));
      }
    })();
    await withTrigger(client, { kind: 'notify', ...ALWAYS }, async () => {
      await ringtail.program('triggered.mjs', [manner, events, PERIOD_MS]);
      await sleep(PERIOD_MS);
    });
    await incoming.return();
    await reading;
    return all(delays, events);
  });
}

async function executions(ringtail, fifo, manner, events) {
  const arrivals = openFifo(fifo);
  const delays = [];
  arrivals.onLine((report) => delays.push(msSince(JSON.parse(report).captures.at)));
  try {
    await ringtail.withClient((client) =>
      withTrigger(client, { kind: 'exec', command: [TEE, fifo], timeoutMs: 10_000, ...ALWAYS }, async () => {
        await ringtail.program('triggered.mjs', [manner, events, EXEC_PERIOD_MS]);
        await sleep(EXEC_PERIOD_MS);
      }),
    );
  } finally {
    arrivals.close();
  }
  // While one program still runs, occurrences wait and come in one report.
  return all(delays, events / 2);
}

async function withTrigger(client, action, use) {
  const condition = { kind: 'event-rule-matches', rule: { pattern: 'latency:hit' }, captures: ['at'] };
  const name = await client.addTrigger({ name: null, condition, actions: [action] });
  try {
    await use();
  } finally {
    await client.removeTrigger(name);
  }
}

/** Times of round trips through a process that sends everything back. */
async function roundTrips(path, count) {
  const echo = await startUntilStdinEnds(process.execPath, [programPath('echo.mjs'), path]);
  const socket = connect(path);
  await once(socket, 'connect');
  const delays = [];
  try {
    for (let i = 0; i < count; i++) {
      await sleep(PERIOD_MS);
      const begin = nowNs();
      socket.write('x'.repeat(200));
      await once(socket, 'data');
      delays.push(msSince(begin));
    }
  } finally {
    socket.destroy();
    await echo.end();
  }
  return delays;
}

/** Times until a started program has copied its input. */
async function spawns(fifo, count) {
  const arrivals = openFifo(fifo);
  const delays = [];
  arrivals.onLine((begin) => delays.push(msSince(begin)));
  try {
    for (let i = 0; i < count; i++) {
      await sleep(EXEC_PERIOD_MS);
      const begin = nowNs();
      const child = spawn(TEE, [fifo], { cwd: '/', stdio: ['pipe', 'ignore', 'pipe'], detached: true });
      child.stdin.end(`${begin}\n`);
      await once(child, 'close');
    }
  } finally {
    arrivals.close();
  }
  return all(delays, count);
}

function openFifo(path) {
  // For writing too: otherwise it ends with the first writer.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  let rest = '';
  return {
    onLine(callback) {
      socket.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) callback(line);
      });
    },
    close: () => socket.destroy(),
  };
}

function all(delays, least) {
  if (delays.length < least) throw new Error(`${delays.length} of ${least} arrived`);
  return delays;
}
