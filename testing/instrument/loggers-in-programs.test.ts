import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
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
