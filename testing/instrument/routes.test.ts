import { describe, expect, it } from 'vitest';
import { fieldsOf, recordedUnchanged } from './recorded.ts';

/**
 * Gets each path in order from a server, and prints the answers. A path without a route comes first: babeltrace2 2.0.4
 * may print the text of an event before it in place of an empty one.
 */
const GET_ALL = (paths: readonly string[]) => `
  import http from 'node:http';
  const get = (port, path) => new Promise((resolve, reject) =>
    http.get({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part)).once('end', () => {
        console.log(path, response.statusCode, text);
        resolve();
      });
    }).once('error', reject));
  const getAll = async (port) => {
    for (const path of ${JSON.stringify(paths)}) await get(port, path);
  };`;

/** The routes of all requests, by path. A program that handles them prints stacks: they have to be unchanged. */
async function routesOf(source: string, paths: readonly string[]): Promise<Record<string, string | undefined>> {
  const { events } = await recordedUnchanged(GET_ALL(paths) + source, ['-u', 'node_http:server*']);
  const ends = new Map(fieldsOf(events, 'node_http:server_request_end').map((fields) => [fields.request_id, fields]));
  const begins = fieldsOf(events, 'node_http:server_request_begin');
  return Object.fromEntries(begins.map(({ path, request_id }) => [path!, ends.get(request_id)?.route]));
}

const FASTIFY = (name: string, isModule: boolean) => `
  import { createRequire } from 'node:module';
  const fastify = ${isModule ? `(await import('${name}')).default` : `createRequire(import.meta.url)('${name}')`};
  const app = fastify();
  app.get('/users/:id', async (request) => request.params.id);
  app.register(async (shop) => {
    shop.get('/orders/:order/items/*', (request, reply) => reply.send('items'));
    shop.get('/fails', async () => { throw new Error('failed'); });
    shop.get('/refused', { preHandler: (request, reply, done) => reply.code(403).send('no') }, async () => 'never');
    shop.setErrorHandler((error, request, reply) => reply.send(error.stack));
  }, { prefix: '/shop' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  await getAll(app.server.address().port);
  await app.close();`;

const KOA = (router: string, isModule: boolean) => `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  ${isModule ? "import Koa from 'koa';" : "const Koa = require('koa');"}
  ${isModule ? `import Router from '${router}';` : `const Router = require('${router}');`}
  const users = new Router({ prefix: '/users' });
  users.get('/:id', (context) => { context.body = context.params.id; });
  users.get('/:id/fails', async () => { throw new Error('failed'); });
  const orders = new Router();
  orders.get('/items/:item', (context) => { context.body = context.params.item; });
  users.use('/:id/orders', orders.routes());
  const app = new Koa();
  app.use(async (context, next) => {
    try { await next(); } catch (error) { context.body = error.stack; }
  });
  app.use(users.routes());
  const server = app.listen(0, '127.0.0.1', async () => {
    await getAll(server.address().port);
    server.close();
  });`;

const EXPRESS = (name: string) => `
  import express from '${name}';
  const app = express();
  app.get('/users/:id', (request, response) => response.send(request.params.id));
  const items = express.Router();
  items.get('/:item', (request, response) => response.send(request.params.item));
  const shop = express.Router();
  shop.use('/items', items);
  app.use('/shop', shop);
  const admin = express();
  admin.get('/logs/:day', (request, response) => response.send(request.params.day));
  app.use('/admin', admin);
  const server = app.listen(0, '127.0.0.1', async () => {
    await getAll(server.address().port);
    server.close();
  });`;

describe('the route of a request', () => {
  it.each(['express', 'express4'])(
    'is the one that %s matched, also of nested routers and applications',
    async (name) => {
      expect(await routesOf(EXPRESS(name), ['/missing', '/users/7', '/shop/items/5', '/admin/logs/1'])).toEqual({
        '/users/7': '/users/:id',
        '/shop/items/5': '/shop/items/:item',
        '/admin/logs/1': '/admin/logs/:day',
        '/missing': '',
      });
    },
  );

  it.each([
    ['fastify', true],
    ['fastify', false],
    ['fastify4', true],
  ])('is the one that %s matched, also of plugins, with stacks unchanged', async (name, isModule) => {
    const paths = ['/missing', '/users/7', '/shop/orders/5/items/a/b', '/shop/fails', '/shop/refused'];
    expect(await routesOf(FASTIFY(name, isModule), paths)).toEqual({
      '/users/7': '/users/:id',
      '/shop/orders/5/items/a/b': '/shop/orders/:order/items/*',
      '/shop/fails': '/shop/fails',
      '/shop/refused': '/shop/refused',
      '/missing': '',
    });
  });

  it.each([
    ['@koa/router', true],
    ['@koa/router', false],
    ['koa-router', false],
  ])('is the one that %s matched, also of nested routers, with stacks unchanged', async (router, isModule) => {
    expect(
      await routesOf(KOA(router, isModule), ['/missing', '/users/7', '/users/7/orders/items/5', '/users/7/fails']),
    ).toEqual({
      '/users/7': '/users/:id',
      '/users/7/orders/items/5': '/users/:id/orders/items/:item',
      '/users/7/fails': '/users/:id/fails',
      '/missing': '',
    });
  });
});
