import { describe, expect, it } from 'vitest';
import { fieldsOf, recordedUnchanged, recordedWithRequests } from './recorded.ts';

const SCHEMA = `
  const schema = buildSchema('type Query { cart(id: String): String broken: String needed: String! } type Mutation { add: Int }');
  const root = {
    cart: async ({ id }) => id.toUpperCase(),
    broken: () => { throw Object.assign(new Error('private'), { code: 'E_BROKEN' }); },
    needed: () => { throw new GraphQLError('private', { extensions: { code: 'FORBIDDEN' } }); },
    add: () => 1,
  };`;

/** Node.js 20 does not report loaded modules: there, a package is seen before a new connection. */
const SEEN = `await new Promise((resolve) => net.connect(1, '127.0.0.1').once('error', resolve));`;

// Babeltrace 2.0.4 prints a text also for later empty ones: so operations without a name come first, and errors last.
describe('operations of the package graphql', () => {
  it('have their kind and name, without texts, variables and results, and leave errors as they are', async () => {
    const { events } = await recordedUnchanged(
      `
      import { createRequire } from 'node:module';
      import net from 'node:net';
      const library = createRequire(import.meta.url)('graphql');
      const { buildSchema, graphql, graphqlSync, GraphQLError } = library;
      ${SCHEMA}
      ${SEEN}
      const print = (result) => console.log(JSON.stringify(result), ...(result.errors ?? []).map((error) => error.stack));
      print(graphqlSync({ schema, source: 'mutation { add }', rootValue: root }));
      print(await graphql({ schema, source: 'query Cart($id: String) { cart(id: $id) }', rootValue: root, variableValues: { id: 'private' } }));
      const document = library.parse('query One { cart(id: "private") } query Two { cart(id: "private") }');
      console.log(library.validate(schema, document).length);
      print(await library.execute({ schema, document, rootValue: root, operationName: 'Two' }));
      const deep = (depth) => (depth === 0 ? graphql({ schema, source: 'query Broken { cart(id: "a") broken }', rootValue: root }) : deep(depth - 1));
      print(await deep(0));
      print(await deep(20));
      print(await graphql({ schema, source: 'query Needed { needed }', rootValue: root }));
      print(await graphql({ schema, source: '{ unknown }', rootValue: root }));
      print(await graphql({ schema, source: '{', rootValue: root }));
      try { library.execute({ schema: null, document }); } catch (error) { console.log(error.stack); }`,
      ['-u', 'node_graphql:*'],
    );
    const ends = new Map(fieldsOf(events, 'node_graphql:execute_end').map((fields) => [fields.call_id, fields]));
    expect(
      fieldsOf(events, 'node_graphql:execute_begin').map(({ call_id, operation, name }) => {
        const { errors, error } = ends.get(call_id) ?? {};
        return [operation, name, errors, error];
      }),
    ).toEqual([
      ['mutation', '', '0', ''],
      ['query', 'Cart', '0', ''],
      ['query', 'Two', '0', ''],
      ['query', 'Broken', '1', 'E_BROKEN'],
      ['query', 'Broken', '1', 'E_BROKEN'],
      ['query', 'Needed', '1', 'FORBIDDEN'],
      ['query', 'One', '1', 'Error'],
    ]);
    // On Node.js 20, the package is not yet seen when the schema is parsed.
    const parses = fieldsOf(events, 'node_graphql:parse').slice(-8);
    expect(parses.map(({ errors }) => errors)).toEqual([...'00000001']);
    expect(fieldsOf(events, 'node_graphql:validate').map(({ errors }) => errors)).toEqual([...'0000001']);
    expect(JSON.stringify(events)).not.toContain('private');
  });

  it('belong to the request that executes them', async () => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const { buildSchema, graphql, GraphQLError } = createRequire(import.meta.url)('graphql');
      ${SCHEMA}
      const server = http.createServer(async (request, response) => {
        const source = 'query ' + request.url.slice(1) + ' { cart(id: "a") }';
        response.end(JSON.stringify(await graphql({ schema, source, rootValue: root })));
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await Promise.all(['/A', '/B', '/C'].map(get));
      server.close();`,
      ['node_http:server*', 'node_graphql:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name }) => name === 'node_graphql:execute_begin');
    expect(begins.map(({ fields }) => fields.name).sort()).toEqual(['A', 'B', 'C']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${begin.fields.name}`));
  });
});
