import { describe, expect, it } from 'vitest';
import { fieldsOf, type RuntimeEvent, recordedUnchanged } from './recorded.ts';

/** Node.js 20 reads the list of loaded modules before a new connection. */
const LOADED = `
  import net from 'node:net';
  new net.Socket().on('error', () => undefined).connect({ path: '/nowhere' });`;

/** Records of a kind of logger, in the order of the trace. */
function recordsOf(events: readonly RuntimeEvent[], kind: string) {
  return events
    .filter(({ name }) => name.startsWith(`node_${kind}:`))
    .map(({ name, fields }) => [
      name.slice(`node_${kind}:`.length),
      fields.logger,
      fields.level,
      fields.message,
      fields.fields,
    ]);
}

describe('loggers of packages are recorded, and write what they do without Ringtail:', () => {
  it('pino', async () => {
    const { events, stderr } = await recordedUnchanged(
      `
      import pino from 'pino';
      const logger = pino({
        name: 'shop', base: {}, timestamp: false, redact: ['user.card'], messageKey: 'text', customLevels: { audit: 35 },
        serializers: { broken() { throw new Error('serializer'); }, order: ({ id }) => ({ id, apiToken: 't1' }) },
      });
      function pay() { logger.info({ user: { card: 't2', name: 'ann' }, order: { id: 1 } }, 'paid %d by %s', 7, 'ann'); }
      pay();
      logger.debug('quiet');
      const child = logger.child({ requestId: 5 }, { level: 'debug' });
      child.debug('of %o', { id: 2, password: 't3' });
      child.level = 'error';
      child.warn('quiet');
      logger.audit('custom');
      // Not to the descriptor that pino writes to.
      try { logger.warn({ broken: 1 }, 'x'); } catch (error) { console.error(error.message); }
      const failure = new TypeError('boom');
      failure.stack = 'TypeError: boom';
      logger.error(failure);
      pino({ base: null, timestamp: false }).fatal('unnamed');`,
      ['-u', 'node_pino:*'],
    );
    expect(recordsOf(events, 'pino')).toEqual([
      ['info', 'shop', 'info', 'paid 7 by ann', '{"user":{"card":"[Redacted]","name":"ann"},"order":{"id":1}}'],
      ['debug', 'shop', 'debug', 'of {"id":2,"password":…}', '{"requestId":5}'],
      ['info', 'shop', 'audit', 'custom', ''],
      ['error', 'shop', 'error', 'boom', '{"err":{"type":"TypeError","message":"boom","stack":"TypeError: boom"}}'],
      ['fatal', 'pino', 'fatal', 'unnamed', ''],
    ]);
    expect(stderr).toContain('serializer\n');
    expect(fieldsOf(events, 'node_pino:info')[0]?.call_site).toMatch(/^pay \(file:.*app\.mjs:7:31\)$/);
  });

  it('winston', async () => {
    const { events } = await recordedUnchanged(
      `
      import winston from 'winston';
      ${LOADED}
      const { combine, json, splat, label, colorize, errors } = winston.format;
      const hide = winston.format((info) => (info.hidden ? false : Object.assign(info, info.card && { card: '*' })));
      const broken = winston.format((info) => { if (info.broken) throw new Error('format'); return info; });
      const transports = [new winston.transports.Console()];
      const logger = winston.loggers.add('shop', {
        level: 'http', format: combine(errors(), broken(), splat(), hide(), colorize(), json()), transports, defaultMeta: { app: 1 },
      });
      function pay() { logger.info('paid %d %o', 7, { password: 't1' }, { card: 't2', apiToken: 't3' }); }
      pay();
      logger.verbose('quiet');
      logger.http('request', { path: '/' });
      logger.level = 'silly';
      logger.child({ requestId: 5 }).silly('child');
      logger.warn({ message: 'hidden', hidden: true });
      try { logger.error('x', { broken: true }); } catch (error) { console.log(error.message); }
      console.log(Object.keys(logger).includes('push'));
      winston.createLogger({ levels: winston.config.syslog.levels, format: combine(label({ label: 'sys' }), json()), transports })
        .alert('fire');`,
      ['-u', 'node_winston:*'],
    );
    expect(recordsOf(events, 'winston')).toEqual([
      ['info', 'shop', 'info', 'paid 7 { password: …}', '{"app":1,"card":"*"}'],
      ['http', 'shop', 'http', 'request', '{"app":1,"path":"/"}'],
      ['silly', 'shop', 'silly', 'child', '{"requestId":5,"app":1}'],
      ['crit', 'sys', 'alert', 'fire', ''],
    ]);
    expect(fieldsOf(events, 'node_winston:info')[0]?.call_site).toMatch(/^pay \(file:.*app\.mjs/);
  });

  it('bunyan', async () => {
    const { events } = await recordedUnchanged(
      `
      import bunyan from 'bunyan';
      ${LOADED}
      const logger = bunyan.createLogger({
        name: 'shop', pid: 1,
        serializers: { broken() { throw new Error('serializer'); }, order: ({ id }) => ({ id, apiToken: 't1' }) },
      });
      function pay() { logger.info({ order: { id: 1 }, time: new Date(0) }, 'paid %d %s %j', 7, 'ann', { password: 't2' }); }
      pay();
      logger.debug('quiet');
      const child = logger.child({ requestId: 5, pid: 1, time: new Date(0) });
      child.level('trace');
      child.trace({ pid: 1 }, 'child');
      child.error({ time: new Date(0), pid: 1, err: Object.assign(new TypeError('boom'), { stack: 'S' }) });`,
      ['-u', 'node_bunyan:*'],
    );
    expect(recordsOf(events, 'bunyan').map((record) => record.slice(0, 4))).toEqual([
      ['info', 'shop', 'info', 'paid 7 ann {"password":…}'],
      ['trace', 'shop', 'trace', 'child'],
      ['error', 'shop', 'error', 'boom'],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/t[12]"/);
    expect(fieldsOf(events, 'node_bunyan:info')[0]?.call_site).toMatch(/^pay \(file:.*app\.mjs/);
  });

  it('log4js', async () => {
    const { events, stdout } = await recordedUnchanged(
      `
      import log4js from 'log4js';
      ${LOADED}
      log4js.configure({
        appenders: { out: { type: 'stdout', layout: { type: 'pattern', pattern: '%p %c %m %M' } } },
        categories: { default: { appenders: ['out'], level: 'info', enableCallStack: true } },
      });
      const logger = log4js.getLogger('shop');
      logger.addContext('user', 'ann');
      function pay() { logger.info('paid %d', 7, { id: 1, apiToken: 't1' }); }
      pay();
      logger.debug('quiet');
      logger.level = 'trace';
      logger.trace('loud');
      logger.mark('mark');
      logger.error(Object.assign(new TypeError('boom'), { stack: 'S' }));`,
      ['-u', 'node_log4js:*'],
    );
    expect(recordsOf(events, 'log4js')).toEqual([
      ['info', 'shop', 'info', 'paid 7 { id: 1 }', '[{"user":"ann"},{"id":1}]'],
      ['trace', 'shop', 'trace', 'loud', '{"user":"ann"}'],
      ['fatal', 'shop', 'mark', 'mark', '{"user":"ann"}'],
      ['error', 'shop', 'error', 'S', '[{"user":"ann"},{"name":"TypeError","message":"boom","stack":"S"}]'],
    ]);
    expect(stdout).toContain('pay\n');
    expect(fieldsOf(events, 'node_log4js:info')[0]?.call_site).toMatch(/^pay \(file:.*app\.mjs/);
  });

  it('debug', async () => {
    const { events, stderr } = await recordedUnchanged(
      `
      import createDebug from 'debug';
      ${LOADED}
      createDebug.inspectOpts.hideDate = true;
      createDebug.enable('shop*');
      const log = createDebug('shop');
      function pay() { log('paid %d %o %s', 7, { id: 1, password: 't1' }, 'ann', { more: 1 }); }
      pay();
      createDebug('other')('quiet');
      createDebug.formatters.h = (value) => { if (value === 'bad') throw new Error('formatter'); return 'h' + value; };
      log.extend('child')('%h of %s%%', 5, 'x');
      try { log('%h', 'bad'); } catch (error) { console.log(error.message); }
      log({ id: 2, token: 't2' });
      log('%j %%', 1);
      createDebug.disable();
      log('quiet');`,
      ['-u', 'node_debug:*'],
    );
    expect(recordsOf(events, 'debug')).toEqual([
      ['debug', 'shop', 'debug', 'paid 7 { id: 1 } ann { more: 1 }', '[{"id":1},{"more":1}]'],
      ['debug', 'shop:child', 'debug', 'h5 of x%', ''],
      ['debug', 'shop', 'debug', '{ id: 2 }', '{"id":2}'],
      ['debug', 'shop', 'debug', '1 %', ''],
    ]);
    expect(stderr).toContain("shop paid 7 { id: 1, password: 't1' } ann { more: 1 }");
    expect(fieldsOf(events, 'node_debug:debug')[0]?.call_site).toMatch(/^pay \(file:.*app\.mjs/);
  });
});
