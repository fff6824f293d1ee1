import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';
import { redis, startRedis } from './servers.ts';

// Babeltrace 2.0.4 prints an error's text also for later empty ones: so errors come last.
let port: number;

/** Commands with their ends, in order of their begins, but for those that clients send for new connections. */
const commandsOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_redis:command')
    .filter(({ begin }) => begin.command !== 'select')
    .map(({ begin, end }) => [begin.command, begin.arguments, end?.elements, end?.bytes, end?.error]);

/** Versions 4, 5 and 6. */
const VERSIONS = ['redis4', 'redis5', 'redis'];

const client = (options = '') => `
  // Redis 7.0 refuses the information about itself that clients send by default.
  const client = createClient({
    socket: { host: '127.0.0.1', port: ${port} }, database: 3, disableClientInfo: true, RESP: 2,
    maintNotifications: 'disabled', ${options}
  });`;

describe.skipIf(redis === undefined)('commands of the package redis', () => {
  beforeAll(async () => {
    const server = await startRedis();
    port = server.port;
    return () => server.stop();
  }, 180_000);

  it.each(VERSIONS)('are recorded without keys and values, also in pipelines and transactions, of %s', async (name) => {
    const { events } = await recordedUnchanged(
      `
      import { createClient } from '${name}';
      ${client()}
      await client.connect();
      await client.ping();
      console.log(await client.set('private', 'private'), await client.GET('private'));
      await client.rPush('private-list', ['a', 'b', 'c']);
      console.log(await client.lRange('private-list', 0, -1));
      console.log(await client.multi().get('private').del('private').execAsPipeline());
      console.log(await client.multi().incr('private-n').exec());
      console.log(await client.sendCommand(['ECHO', 'private']));
      await client.del(['private-list', 'private-n']);
      await client.sendCommand(['get private']).catch((error) => console.log(error.message));
      await client.disconnect();`,
      ['-u', 'node_redis:*'],
    );
    expect(commandsOf(events)).toEqual([
      ['ping', '0', '0', '4', ''],
      ['set', '2', '0', '2', ''],
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
    expect(fieldsOf(events, 'node_redis:command_begin').at(-1)).toMatchObject({
      host: '127.0.0.1',
      port: String(port),
      database: name === 'redis4' ? '0' : '3',
    });
  });

  it.each(VERSIONS)('that fail have the code of the error, and the stacks of the program, of %s', async (name) => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import { createClient } from '${name}';
      ${client('commandsQueueMaxLength: 2')}
      process.on('unhandledRejection', (error) => console.log('unhandled', error.stack));
      await client.connect();
      await client.set('text', 'a');
      await client.incr('text').catch((error) => console.log(error.stack, Object.keys(error)));
      const rejected = once(process, 'unhandledRejection');
      client.lPush('text', 'a');
      await rejected;
      const deep = (depth) => (depth === 0 ? client.get('text') : deep(depth - 1));
      const full = [client.incr('text'), client.incr('text')];
      await deep(0).catch((error) => console.log(error.stack));
      await deep(20).catch((error) => console.log(error.stack));
      console.log(await Promise.allSettled(full));
      const last = client.get('text');
      await client.disconnect();
      await last.catch((error) => console.log(error.stack));
      await deep(0).catch((error) => console.log(error.stack));
      await deep(20).catch((error) => console.log(error.stack));`,
      ['-u', 'node_redis:*'],
    );
    expect(commandsOf(events).map(([command, , , , error]) => [command, error])).toEqual([
      ['set', ''],
      ['incr', 'ERR'],
      ['lpush', 'WRONGTYPE'],
      ['incr', 'ERR'],
      ['incr', 'ERR'],
      ['get', 'Error'],
      ['get', 'Error'],
      ['get', 'DisconnectsClientError'],
    ]);
  });

  it.each(['redis4', 'redis'])('belong to the request that began them, of %s', async (name) => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const { createClient } = createRequire(import.meta.url)('${name}');
      ${client()}
      await client.connect();
      await client.ping();
      const server = http.createServer(async (request, response) => {
        await client[request.url.slice(1)]('k');
        response.end();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await Promise.all(['/get', '/exists', '/ttl'].map(get));
      server.close();
      await client.disconnect();`,
      ['node_http:server*', 'node_redis:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name: event, requestId }) => event === 'node_redis:command_begin' && requestId);
    expect(begins.map(({ fields }) => fields.command).sort()).toEqual(['exists', 'get', 'ttl']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${begin.fields.command}`));
  });
});
