import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';
import { redis, startRedis } from './servers.ts';

// Redis 7.0 refuses information about clients. Babeltrace 2.0.4 prints an error's text also for later empty ones.
let port: number;

/** Commands with their ends, in order of their begins. */
const commandsOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_ioredis:command')
    .filter(({ begin }) => begin.command !== 'info')
    .map(({ begin, end }) => [begin.command, begin.arguments, end?.elements, end?.bytes, end?.error]);

describe.skipIf(redis === undefined)('commands of the package ioredis', () => {
  beforeAll(async () => {
    const server = await startRedis();
    port = server.port;
    return () => server.stop();
  }, 180_000);

  it('are recorded without keys and values, of promises, callbacks, pipelines and transactions', async () => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import Redis from 'ioredis';
      const redis = new Redis({ host: '127.0.0.1', port: ${port}, disableClientInfo: true, db: 3 });
      await once(redis, 'ready');
      console.log(await redis.set('private', 'private'), await redis.get('private'));
      await new Promise((resolve) => redis.get('private', (...results) => resolve(console.log(results))));
      await redis.rpush('private-list', 'a', 'b', 'c');
      console.log(await redis.lrange('private-list', 0, -1));
      console.log(await redis.pipeline().get('private').del('private').exec());
      console.log(await redis.multi().incr('private-n').exec());
      console.log(await redis.call('ECHO', 'private'));
      await redis.del('private-list', 'private-n');
      await redis.call('get private').catch((error) => console.log(error.message));
      redis.disconnect();`,
      ['-u', 'node_ioredis:*'],
    );
    expect(commandsOf(events)).toEqual([
      ['select', '1', '0', '2', ''],
      ['set', '2', '0', '2', ''],
      ['get', '1', '0', '7', ''],
      ['get', '1', '0', '7', ''],
      ['rpush', '4', '0', '0', ''],
      ['lrange', '3', '3', '0', ''],
      ['get', '1', '0', '7', ''],
      ['del', '1', '0', '0', ''],
      ['multi', '0', '0', '2', ''],
      ['incr', '1', '0', '6', ''],
      ['exec', '0', '1', '0', ''],
      ['echo', '1', '0', '7', ''],
      ['del', '2', '0', '0', ''],
      ['get', '0', '0', '0', 'ERR'],
    ]);
    expect(JSON.stringify(events)).not.toContain('private');
    expect(fieldsOf(events, 'node_ioredis:command_begin').at(-1)).toMatchObject({
      host: '127.0.0.1',
      port: String(port),
      database: '3',
    });
  });

  it('that fail have the code of the error, and the stacks and unhandled rejections of the program', async () => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import Redis from 'ioredis';
      const redis = new Redis({ host: '127.0.0.1', port: ${port}, disableClientInfo: true, showFriendlyErrorStack: true });
      process.on('unhandledRejection', (error) => console.log('unhandled', error.stack));
      await redis.set('text', 'a');
      await redis.incr('text').catch((error) => console.log(error.stack, Object.keys(error)));
      const rejected = once(process, 'unhandledRejection');
      redis.lpush('text', 'a');
      await rejected;
      redis.disconnect();
      await new Promise((resolve) => redis.once('end', resolve));
      const deep = (depth) => (depth === 0 ? redis.get('text') : deep(depth - 1));
      await deep(0).catch((error) => console.log(error.stack));
      await deep(20).catch((error) => console.log(error.stack));
      const plain = new Redis({ lazyConnect: true });
      plain.disconnect();
      await once(plain, 'end');
      await plain.get('text').catch((error) => console.log(error.stack));
      redis.get('text');`,
      ['-u', 'node_ioredis:*'],
    );
    expect(commandsOf(events).map(([command, , , , error]) => [command, error])).toEqual([
      ['set', ''],
      ['incr', 'ERR'],
      ['lpush', 'WRONGTYPE'],
      ['get', 'Error'],
      ['get', 'Error'],
      ['get', 'Error'],
      ['get', 'Error'],
    ]);
  });

  it('belong to the request that began them', async () => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const Redis = createRequire(import.meta.url)('ioredis');
      const redis = new Redis({ host: '127.0.0.1', port: ${port}, disableClientInfo: true });
      await redis.ping();
      const server = http.createServer((request, response) => redis[request.url.slice(1)]('k', () => response.end()));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await Promise.all(['/get', '/exists', '/ttl'].map(get));
      server.close();
      redis.disconnect();`,
      ['node_http:server*', 'node_ioredis:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name, requestId }) => name === 'node_ioredis:command_begin' && requestId);
    expect(begins.map(({ fields }) => fields.command).sort()).toEqual(['exists', 'get', 'ttl']);
    for (const begin of begins) {
      expect(begin.requestId).toBe(requests.get(`/${begin.fields.command}`));
      const isEnd = ({ name, fields }: RuntimeEvent) =>
        name === 'node_ioredis:command_end' && fields.call_id === begin.fields.call_id;
      expect(events.find(isEnd)?.requestId).toBe(begin.requestId);
    }
  });
});
