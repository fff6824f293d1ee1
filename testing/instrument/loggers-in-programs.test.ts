import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventsOf, REGISTER_URL, sandboxWithDaemon, startNode, succeed, until } from '../e2e/harness.ts';
import { recordedUnchanged, recordedWithRequests } from './recorded.ts';

const KINDS = ['pino', 'winston', 'bunyan', 'log4js', 'debug'];
/** Node.js 20 reads the list of loaded modules before a new connection. */
const LOADED = `new net.Socket().on('error', () => undefined).connect({ path: '/nowhere' });`;

/** Loggers of all packages, by their kind. They write nothing. */
const LOGGERS = `
  import { createRequire } from 'node:module';
  import net from 'node:net';
  import { Writable } from 'node:stream';
  const require = createRequire(${JSON.stringify(import.meta.url)});
  const nowhere = new Writable({ write: (_, __, done) => done() });
  const debug = require('debug');
  debug.log = () => undefined;
  debug.enable('shop');
  const winston = require('winston');
  const log4js = require('log4js');
  log4js.configure({
    appenders: { nowhere: { type: { configure: () => () => undefined } } },
    categories: { default: { appenders: ['nowhere'], level: 'info' } },
  });
  const loggers = {
    pino: require('pino')(nowhere),
    winston: winston.createLogger({ transports: [new winston.transports.Stream({ stream: nowhere })] }),
    bunyan: require('bunyan').createLogger({ name: 'shop', stream: nowhere }),
    log4js: log4js.getLogger('shop'),
    debug: { info: debug('shop') },
  };
  const logAll = (text) => { for (const logger of Object.values(loggers)) logger.info(text); };`;

it('a rule records what loggers of a running program log until it is disabled', async () => {
  const source = `${LOGGERS}
    import { createInterface } from 'node:readline';
    import { tracingChannel } from 'node:diagnostics_channel';
    console.log('ready');
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line !== '') logAll(line);
      console.log(line, tracingChannel('pino_asJson').end.hasSubscribers);
    });`;
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, source);
  await succeed(sandbox, 'create', 's', '-o', trace);
  for (const kind of KINDS) await succeed(sandbox, 'enable-event', `--${kind}`, '-a');
  const env = { RINGTAIL_INSTRUMENT: undefined };
  const running = startNode(sandbox, ['--import', REGISTER_URL, path], env);
  await running.says(/ready/);
  const answerTo = async (line: string) => {
    const { length } = running.stdout;
    running.process.stdin?.write(`${line}\n`);
    await until(() => running.stdout.indexOf('\n', length) > 0);
    return running.stdout.slice(length).trim();
  };
  expect(await answerTo('before')).toBe('before false');
  await succeed(sandbox, 'start');
  await until(async () => (await answerTo('')) === 'true');
  await answerTo('during');
  for (const kind of KINDS) await succeed(sandbox, 'disable-event', `--${kind}`, '-a');
  await until(async () => (await answerTo('')) === 'false');
  await answerTo('after');
  running.process.stdin?.end();
  expect([(await running.ended).code, running.stderr]).toEqual([0, '']);
  await succeed(sandbox, 'destroy');
  const recorded = eventsOf(sandbox, trace).map(({ name, fields }) => [name, /message = "(\w+)"/.exec(fields)?.[1]]);
  expect(recorded.sort()).toEqual(
    KINDS.map((kind) => [`node_${kind}:${kind === 'debug' ? 'debug' : 'info'}`, 'during']).sort(),
  );
});

it('records of an HTTP server have the request that they belong to', async () => {
  const source = `${LOGGERS}
    import http from 'node:http';
    import { setTimeout } from 'node:timers/promises';
    ${LOADED}
    const server = http.createServer(async (request, response) => {
      await setTimeout(5);
      logAll(request.url);
      response.end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const get = (path) => new Promise((resolve) =>
      http.get({ port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
    await Promise.all(['/a', '/b', '/c'].map(get));
    server.close();`;
  const rules = ['node_http:server_request_begin', ...KINDS.map((kind) => `node_${kind}:*`)];
  const events = await recordedWithRequests(source, rules);
  const begins = events.filter(({ name }) => name === 'node_http:server_request_begin');
  const idOf = new Map(begins.map(({ fields }) => [fields.path, fields.request_id]));
  expect([...idOf.keys()].sort()).toEqual(['/a', '/b', '/c']);
  const records = events.filter((event) => !begins.includes(event));
  expect(records).toHaveLength(3 * KINDS.length);
  for (const { name, fields, requestId } of records) {
    expect([name, fields.message, requestId]).toEqual([name, fields.message, idOf.get(fields.message)]);
  }
});

it('errors of streams, transports and appenders pass through loggers with their stacks', async () => {
  const source = `
    import net from 'node:net';
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(import.meta.url)});
    const bunyan = require('bunyan');
    const debug = require('debug');
    const log4js = require('log4js');
    const pino = require('pino');
    const winston = require('winston');
    ${LOADED}
    const write = () => { throw new Error('broken'); };
    debug.enable('debug');
    const quiet = debug('debug');
    quiet.log = write;
    log4js.configure({
      appenders: { broken: { type: { configure: () => write } } },
      categories: { default: { appenders: ['broken'], level: 'info' } },
    });
    class Broken extends require('winston-transport') { log() { write(); } }
    const calls = {
      pino: () => pino({ base: null, timestamp: false }, { write }).info('pino'),
      winston: () => winston.createLogger({ transports: [new Broken()] }).info('winston'),
      bunyan: () => bunyan.createLogger({ name: 'bunyan', stream: { write } }).info('bunyan'),
      log4js: () => log4js.getLogger().info('log4js'),
      debug: () => quiet('debug'),
    };
    for (const call of Object.values(calls)) {
      try { call(); } catch (error) { console.log(error.stack); }
    }`;
  const { events, code, stdout } = await recordedUnchanged(
    source,
    KINDS.flatMap((kind) => ['-u', `node_${kind}:*`]),
  );
  expect([code, stdout.match(/Error: broken/g)?.length]).toEqual([0, KINDS.length]);
  expect(events.map(({ fields }) => fields.message)).toEqual(KINDS);
});

it('pino 9, which fastify 4 has, is recorded with the call site of the program', async () => {
  const source = `
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(fileURLToPath(import.meta.resolve('fastify4')))});
    const { version } = require('pino/package.json');
    console.log(version.split('.')[0]);
    const app = require('fastify')({ logger: { base: { app: 1 }, timestamp: false }, disableRequestLogging: true });
    app.get('/', async function handle(request) { request.log.warn({ item: 7 }, 'low'); return 'ok'; });
    await app.inject('/');`;
  const { events, stdout } = await recordedUnchanged(source, ['-u', 'node_pino:warn']);
  expect(stdout).toMatch(/^9\n/);
  expect(events.map(({ fields }) => fields)).toEqual([
    {
      logger: 'pino',
      level: 'warn',
      message: 'low',
      fields: '{"app":1,"reqId":"req-1","item":7}',
      call_site: expect.stringMatching(/handle \(file:.*app\.mjs:7:/),
    },
  ]);
});
