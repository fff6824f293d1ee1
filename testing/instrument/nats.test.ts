import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';
import { natsServer, startNats } from './servers.ts';

let port: number;

/** Version 2, and version 3. */
const PACKAGES = ['nats', '@nats-io/transport-node'];

const requestsOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_nats:request').map(({ begin, end }) => [begin.subject, begin.bytes, end?.bytes, end?.error]);

describe.skipIf(natsServer === undefined)('messages of the packages of NATS', () => {
  beforeAll(async () => {
    const server = await startNats();
    port = server.port;
    return () => server.stop();
  }, 60_000);

  it.each(PACKAGES)(
    'are recorded without content, and failed requests keep stacks and rejections, of %s',
    async (name) => {
      const { events } = await recordedUnchanged(
        `
      import { once } from 'node:events';
      import { connect } from '${name}';
      const connection = await connect({ servers: '127.0.0.1:${port}' });
      connection.subscribe('orders.*', { callback: (error, message) => message.respond('private reply') });
      connection.subscribe('silent', { callback: () => undefined });
      connection.publish('news', 'private');
      const reply = await connection.request('orders.new', 'private', { timeout: 60_000 });
      console.log(Buffer.from(reply.data).toString());
      await connection.request('orders.new', 'private', { timeout: 60_000, noMux: true });
      const failing = (depth, options) => (depth === 0 ? connection.request('missing', '', { timeout: 60_000, ...options }) : failing(depth - 1, options));
      await failing(0).catch((error) => console.log(error.stack));
      await failing(20).catch((error) => console.log(error.stack));
      await failing(0, { timeout: 60_000, noMux: true }).catch((error) => console.log(error.stack));
      await connection.request('silent', '', { timeout: 50 }).catch((error) => console.log(error.stack));
      // The package handles the rejection of the first one, but not of the second one.
      connection.request('missing', '', { timeout: 60_000 });
      const unhandled = once(process, 'unhandledRejection');
      connection.request('missing', '', { timeout: 60_000, noMux: true });
      console.log('unhandled', (await unhandled)[0].stack);
      await connection.close();
      await connection.request('closed').catch((error) => console.log(error.message));
      try { connection.publish('closed'); } catch (error) { console.log(error.stack); }`,
        ['-u', 'node_nats:*'],
      );
      const noResponders = name === 'nats' ? '503' : 'RequestError';
      expect(requestsOf(events)).toEqual([
        ['orders.new', '7', '13', ''],
        ['orders.new', '7', '13', ''],
        ['missing', '0', '0', noResponders],
        ['missing', '0', '0', noResponders],
        ['missing', '0', '0', noResponders],
        ['silent', '0', '0', name === 'nats' ? 'TIMEOUT' : 'TimeoutError'],
        ['missing', '0', '0', noResponders],
        ['missing', '0', '0', noResponders],
        ['closed', '0', '0', 'rejected'],
      ]);
      expect(fieldsOf(events, 'node_nats:publish').map(({ subject, bytes }) => [subject, bytes])).toContainEqual([
        'news',
        '7',
      ]);
      expect(JSON.stringify(events)).not.toContain('private');
      expect(fieldsOf(events, 'node_nats:request_begin')[0]).toMatchObject({ host: '127.0.0.1', port: String(port) });
    },
  );

  it.each(PACKAGES)('belong to the request of HTTP that began them, of %s', async (name) => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const { connect } = createRequire(import.meta.url)('${name}');
      const connection = await connect({ servers: '127.0.0.1:${port}' });
      connection.subscribe('orders.*', { callback: (error, message) => message.respond('reply') });
      const server = http.createServer(async (request, response) => {
        await connection.request('orders.' + request.url.slice(1), '', { timeout: 60_000 });
        response.end();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await Promise.all(['/a', '/b', '/c'].map(get));
      server.close();
      await connection.close();`,
      ['node_http:server*', 'node_nats:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name: event }) => event === 'node_nats:request_begin');
    expect(begins.map(({ fields }) => fields.subject).sort()).toEqual(['orders.a', 'orders.b', 'orders.c']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${begin.fields.subject?.slice(7)}`));
  });
});
