// Logs at the level `info` with the logger of a package, which the first argument names; nothing is written. Prints a
// line when it is ready. Answers each line of standard input with the CPU nanoseconds of a call; ends with the input.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

const CALLS = 5000;
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const answer = (value) => writeSync(1, `${JSON.stringify(value)}\n`);

const LOGGERS = {
  async console() {
    process.stdout.write = () => true;
    return console;
  },
  async pino() {
    const { pino } = await import('pino');
    return pino({ name: 'bench' }, { write: () => true });
  },
  async winston() {
    const { createLogger, transports } = await import('winston');
    return createLogger({ transports: [new transports.Stream({ stream: nowhere })] });
  },
  async bunyan() {
    const { createLogger } = await import('bunyan');
    return createLogger({ name: 'bench', stream: nowhere });
  },
  async log4js() {
    const { default: log4js } = await import('log4js');
    log4js.configure({
      appenders: { nowhere: { type: { configure: () => () => undefined } } },
      categories: { default: { appenders: ['nowhere'], level: 'info' } },
    });
    return log4js.getLogger('bench');
  },
  async debug() {
    const { default: debug } = await import('debug');
    debug.log = () => undefined;
    debug.enable('bench');
    const log = debug('bench');
    return { info: (object, text, ...values) => log(text, ...values, object) };
  },
};

const kind = process.argv[2];
const logger = await LOGGERS[kind]();
const objectFirst = ['pino', 'bunyan', 'debug'].includes(kind);
const log = (order, text) =>
  objectFirst ? logger.info({ order }, 'paid by %s', text) : logger.info(`paid by ${text}`, { order });

answer({});
createInterface({ input: process.stdin }).on('line', () => {
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) log(i, 'ann');
  const { user, system } = process.cpuUsage(before);
  answer({ ns: ((user + system) * 1000) / CALLS });
});
