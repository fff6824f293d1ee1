import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';
import { postgresql, startPostgresql } from './servers.ts';

let port: number;

const connection = () => `{ host: '127.0.0.1', port: ${port}, user: 'tester', database: 'postgres' }`;

/** Queries with their ends, in order of their begins. */
const queriesOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_pg:query').map(({ begin, end }) => [begin.query, end?.rows, end?.error]);

describe.skipIf(postgresql === undefined)('queries of the package pg', () => {
  beforeAll(async () => {
    const server = await startPostgresql();
    port = server.port;
    return () => server.stop();
  }, 180_000);

  it('are recorded without values, of promises, callbacks, cursors, streams and queries with listeners', async () => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import pg from 'pg';
      import Cursor from 'pg-cursor';
      import QueryStream from 'pg-query-stream';
      const client = new pg.Client(${connection()});
      await client.connect();
      const { rows } = await client.query("SELECT 'secret' AS a, $1::text AS b", ['secret']);
      console.log(rows);
      await new Promise((resolve) => client.query('SELECT 1 AS n', (error, result) => resolve(console.log(error, result.rows))));
      await new Promise((resolve) => client.query('SELECT $1::int AS n', [5], function (...results) {
        resolve(console.log(this === undefined, results.length, results[1].rows));
      }));
      const config = { text: 'SELECT 2 AS n', callback: (error, result) => config.done(console.log(result.rows)) };
      await new Promise((resolve) => client.query(Object.assign(config, { done: resolve })));
      console.log(Object.keys(config));
      await client.query('SELECT 1; SELECT 2, 3');
      const cursor = client.query(new Cursor('SELECT * FROM generate_series(1, 5) AS n'));
      console.log(await cursor.read(2), await cursor.read(10));
      await cursor.close();
      const stream = client.query(new QueryStream('SELECT * FROM generate_series($1::int, 3) AS s', [1]));
      for await (const row of stream) console.log(row);
      const query = new pg.Query('SELECT 3 AS listened');
      const keys = Object.keys(query);
      client.query(query).on('row', (row) => console.log(row));
      await once(query, 'end');
      console.log(keys, Object.keys(query));
      await client.end();`,
      ['-u', 'node_pg:*'],
    );
    expect(queriesOf(events)).toEqual([
      ['SELECT ? AS a, $1::text AS b', '1', ''],
      ['SELECT ? AS n', '1', ''],
      ['SELECT $1::int AS n', '1', ''],
      ['SELECT ? AS n', '1', ''],
      ['SELECT ?; SELECT ?, ?', '2', ''],
      ['SELECT * FROM generate_series(?, …) AS n', '0', ''],
      ['SELECT * FROM generate_series($1::int, ?) AS s', '0', ''],
      ['SELECT ? AS listened', '0', ''],
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(fieldsOf(events, 'node_pg:query_begin')[0]).toMatchObject({
      host: '127.0.0.1',
      port: String(port),
      database: 'postgres',
    });
  });

  it('that fail have the code of the error, and the stacks of the program', async () => {
    const { events } = await recordedUnchanged(
      `
      import pg from 'pg';
      import Cursor from 'pg-cursor';
      const client = new pg.Client(${connection()});
      await client.connect();
      try { client.query(null); } catch (error) { console.log(error.stack); }
      async function failing() {
        await client.query('SELECT * FROM missing');
      }
      await failing().catch((error) => console.log(error.stack, Object.keys(error)));
      await new Promise((resolve) => client.query('SELECT 1/0', (error) => resolve(console.log(error.message))));
      await client.query(new Cursor('SELECT * FROM missing')).read(1).catch((error) => console.log(error.message));
      await client.end();
      await client.query('SELECT 1').catch((error) => console.log(error.message));
      process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
      client.query('SELECT 2');`,
      ['-u', 'node_pg:*'],
    );
    expect(queriesOf(events)).toEqual([
      ['', '0', 'TypeError'],
      ['SELECT * FROM missing', '0', '42P01'],
      ['SELECT ?/?', '0', '22012'],
      ['SELECT * FROM missing', '0', '42P01'],
      ['SELECT ?', '0', 'Error'],
      ['SELECT ?', '0', 'Error'],
    ]);
  });

  it('belong to the request that began them, also where another one has released the connection', async () => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const { Pool } = createRequire(import.meta.url)('pg');
      const pool = new Pool({ connectionString: 'postgresql://tester@127.0.0.1:${port}/postgres', max: 1 });
      await pool.query('SELECT 0');
      let held = await pool.connect();
      let arrived = 0;
      const server = http.createServer((request, response) => {
        pool.query('SELECT 1 AS ' + request.url.slice(1), () => response.end());
        if (++arrived === 1 || arrived === 4) held.release();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await get('/first');
      held = await pool.connect();
      await Promise.all(['/a', '/b', '/c'].map(get));
      server.close();
      await pool.end();`,
      ['node_http:server*', 'node_pg:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name }) => name === 'node_pg:query_begin').slice(-3);
    const aliasOf = ({ fields }: RuntimeEvent) => /AS (\w)$/.exec(fields.query ?? '')?.[1];
    expect(begins.map(aliasOf).sort()).toEqual(['a', 'b', 'c']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${aliasOf(begin)}`));
    const ends = events.filter(({ name }) => name === 'node_pg:query_end').slice(-3);
    const byCall = (of: readonly RuntimeEvent[]) =>
      new Map(of.map(({ fields, requestId }) => [fields.call_id, requestId]));
    expect(byCall(ends)).toEqual(byCall(begins));
    const waits = fieldsOf(events, 'node_pg:acquire').slice(-3);
    expect(new Set(waits.map((wait) => `${wait.host}:${wait.port}`))).toEqual(new Set([`127.0.0.1:${port}`]));
    expect(waits.map(({ connections, waiting, error }) => [connections, waiting, error])).toEqual([
      ['1', '0', ''],
      ['1', '1', ''],
      ['1', '2', ''],
    ]);
  });
});
