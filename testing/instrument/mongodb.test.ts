/** These tests have a stand-in for MongoDB, of which Debian has no server. */
// Babeltrace 2.0.4 prints a text also for later empty ones: so empty collections come first, and errors last.
import { beforeAll, describe, expect, it } from 'vitest';
import { startMongodbStandIn } from './mongodb-stand-in.ts';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';

let port: number;

const client = () => `
  const client = new MongoClient('mongodb://127.0.0.1:${port}/?directConnection=true', {
    serverApi: '1', retryReads: false, retryWrites: false
  });
  const carts = client.db('shop').collection('carts');`;

/** Commands with the codes of their errors, in order of their begins. */
const commandsOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_mongodb:command').map(({ begin, end }) => [
    begin.database,
    begin.command,
    begin.collection,
    end?.error,
  ]);

describe('commands of the package mongodb', () => {
  beforeAll(async () => {
    const server = await startMongodbStandIn();
    port = server.port;
    return () => server.stop();
  });

  it('are recorded without documents and filters, and have the name of the error and the stacks of the program', async () => {
    const { events } = await recordedUnchanged(
      `
      import { MongoClient } from 'mongodb';
      ${client()}
      await client.connect();
      console.log(await client.db('admin').command({ createUser: 'private', pwd: 'private', roles: [] }));
      console.log((await carts.insertOne({ _id: 1, private: 'private' })).insertedId);
      console.log((await carts.updateOne({ private: 'private' }, { $set: { private: 2 } })).modifiedCount);
      console.log(await carts.find({ private: 'private' }).toArray());
      const failing = (depth) => (depth === 0 ? carts.aggregate([{ $match: { private: 1 } }]).toArray() : failing(depth - 1));
      await failing(0).catch((error) => console.log(error.stack, error.code));
      await failing(20).catch((error) => console.log(error.stack));
      await carts.drop().catch((error) => console.log(error.message));
      await client.close();`,
      ['-u', 'node_mongodb:*'],
    );
    expect(commandsOf(events)).toEqual([
      ['admin', 'createUser', '', ''],
      ['shop', 'insert', 'carts', ''],
      ['shop', 'update', 'carts', ''],
      ['shop', 'find', 'carts', ''],
      ['shop', 'getMore', 'carts', ''],
      ['shop', 'aggregate', 'carts', 'NamespaceNotFound'],
      ['shop', 'aggregate', 'carts', 'NamespaceNotFound'],
      ['shop', 'drop', 'carts', 'MongoNetworkError'],
    ]);
    expect(JSON.stringify(events)).not.toContain('private');
    expect(fieldsOf(events, 'node_mongodb:command_begin')[0]).toMatchObject({ host: '127.0.0.1', port: String(port) });
  });

  it('belong to the request that began them', async () => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const { MongoClient } = createRequire(import.meta.url)('mongodb');
      ${client()}
      await client.connect();
      const acts = {
        insert: () => carts.insertOne({}),
        update: () => carts.updateOne({}, { $set: { a: 1 } }),
        count: () => carts.estimatedDocumentCount(),
      };
      const server = http.createServer(async (request, response) => {
        await acts[request.url.slice(1)]();
        response.end();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await Promise.all(['/insert', '/update', '/count'].map(get));
      server.close();
      await client.close();`,
      ['node_http:server*', 'node_mongodb:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name, requestId }) => name === 'node_mongodb:command_begin' && requestId);
    expect(begins.map(({ fields }) => fields.command).sort()).toEqual(['count', 'insert', 'update']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${begin.fields.command}`));
  });
});
