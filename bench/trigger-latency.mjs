// From an event to what a trigger does about it: until a subscriber has the notification, until a program that it runs has read the
// report. Beside it, what the same ways take without us.
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
/** So long a program takes at most on a machine that is not overloaded; one that runs still has the next occurrence wait. */
const EXEC_PERIOD_MS = 50;
const MANNERS = {
  idle: 'a program that is idle',
  busy: 'a program that never returns to its event loop',
};
const ALWAYS = { ratePolicy: { every: 1 } };
/** Copies its standard input to the file that it is given. */
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
      'there and back between two Node.js processes',
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
      'A notification is there when the subscriber of @ringtail/ctl has it, having crossed two Unix sockets, as what goes there and back.',
      'An action has started once its notification is there; a program is at work only when the system has started it, which is what its floor says.',
      'The program is `tee`: it is at work when what it has copied from its standard input has arrived. Node.js starts the same one.',
      'What stands beside a busy program is measured beside a busy process as well.',
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

/** Runs `measure` with a processor kept busy, where the program that it is the floor of keeps one busy. */
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
  // Where one program is at work still, what is due is due together with the next.
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

/** Times there and back through a process that sends everything back. */
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

/** Times until a program that we start has copied what it is given. */
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
  // For writing, too: so it does not end with the first that has written.
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
