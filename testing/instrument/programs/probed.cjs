// A program without tracepoints, which does what the lines of its standard input say, and answers each.
const { open } = require('node:inspector');
const { createInterface } = require('node:readline');
const vm = require('node:vm');
const { isMainThread, parentPort, threadId, Worker } = require('node:worker_threads');

let total = 0;
function step(index) {
  total += index;
  return total;
}
async function serve(gate) {
  const order = await gate;
  total += order;
}
function* identifiers() {
  for (;;) {
    const given = yield total;
    total += given;
  }
}
const texts = [step, serve, identifiers].map(String);
const release = [];
let generator;
let worker;

const acts = {
  /** Whether the functions are as they were written. */
  text: () => ([step, serve, identifiers].every((one, index) => String(one) === texts[index]) ? 'original' : 'edited'),
  /** Number of global functions that probes call. */
  hooks: () => Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('__ringtail_probe_')).length,
  step: (count) => {
    for (let index = 0; index < count; index++) step(index);
  },
  serve: async (count) => {
    for (let index = 0; index < count; index++) await serve(index);
  },
  suspend: () => void serve(new Promise((resolve) => release.push(resolve))),
  resume: () => release.pop()(0),
  next: () => {
    generator ??= identifiers();
    generator.next(1);
  },
  end: () => {
    generator.return();
    generator = undefined;
  },
  worker: async () => {
    worker = new Worker(__filename);
    await new Promise((resolve) => worker.once('online', resolve));
  },
  'worker-step': async (count) => {
    worker.postMessage(['step', count]);
    await new Promise((resolve) => worker.once('message', resolve));
  },
  terminate: () => worker.terminate(),
  /** A file that runs in a context of its own, as in jest. */
  vm: () => vm.runInContext('(function () {\n  return 1;\n})()', vm.createContext(), { filename: '/in-vm/context.js' }),
  'vm-this': () => vm.runInThisContext('(function () {\n  return 1;\n})()', { filename: '/in-vm/this.js' }),
  /** A debugger is attached from now on. It lets nothing go on that it is told to have stopped. */
  debug: async () => {
    open(0, '127.0.0.1');
    const debuggerThread = `
      const { Session } = require('node:inspector');
      const session = new Session();
      session.connectToMainThread();
      session.post('Debugger.enable', () => require('node:worker_threads').parentPort.postMessage('attached'));
      setInterval(() => undefined, 1e6);`;
    await new Promise((resolve) => new Worker(debuggerThread, { eval: true }).once('message', resolve));
  },
  /** Clocks of `set-clock.cjs`. */
  'advance-clock': (ms) => globalThis.clocks.advance(ms),
  'stop-clock': () => globalThis.clocks.stop(),
  'start-clock': () => globalThis.clocks.start(),
  /** As test frameworks do. */
  'fake-time': () => {
    const timers = require('node:timers');
    for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
      timers[name] = globalThis[name] = () => ({ unref() {} });
    }
    globalThis.Date = class extends Date {
      static now = () => 0;
    };
  },
};

if (isMainThread) {
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      const [act, count] = line.split(' ');
      console.log(`<${line}> ${(await acts[act](Number(count))) ?? 'done'}`);
    })
    .on('close', () => process.exit());
  console.log('ready');
} else {
  parentPort.on('message', ([act, count]) => parentPort.postMessage([acts[act](count), threadId]));
}
