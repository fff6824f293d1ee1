import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, fieldsOf, type RuntimeEvent, recordedUnchanged, recordedWithRequests } from './recorded.ts';
import { mariadb, startMariadb } from './servers.ts';

let socket: string;

const connection = () => `{ socketPath: '${socket}', user: 'root', database: 'test', multipleStatements: true }`;

/** Queries with their ends, in order of their begins. */
const queriesOf = (events: readonly RuntimeEvent[]) =>
  callsOf(events, 'node_mysql2:query').map(({ begin, end }) => [begin.query, end?.rows, end?.error]);

// Babeltrace 2.0.4 prints an error's text also for later empty ones: so errors come last.
describe.skipIf(mariadb === undefined)('queries of the package mysql2', () => {
  beforeAll(async () => {
    const server = await startMariadb();
    socket = server.socket;
    return () => server.stop();
  }, 180_000);

  it('are recorded without values, of callbacks, promises, streams, prepared statements and transactions', async () => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import mysql from 'mysql2';
      const client = mysql.createConnection(${connection()});
      await once(client, 'connect');
      const promises = client.promise();
      const query = (...args) => new Promise((resolve) => client.query(...args, (error, rows) => resolve(rows)));
      console.log(await query("SELECT 'private' AS a, ? AS b", ['private']));
      console.log(await query({ sql: 'SELECT 1 AS n UNION SELECT 2', rowsAsArray: true }));
      console.log((await promises.query('SELECT ? AS n', ['private']))[0]);
      console.log((await promises.execute('SELECT ? AS n', ['private']))[0]);
      await promises.query('CREATE TEMPORARY TABLE t (n INT)');
      await promises.beginTransaction();
      console.log((await promises.query('INSERT INTO t VALUES (1), (2), (3)'))[0].affectedRows);
      await promises.commit();
      console.log((await promises.query('SELECT n FROM t; SELECT 5 AS five; DELETE FROM t'))[0].length);
      const streamed = client.query('SELECT 6 AS n');
      streamed.on('result', (row) => console.log(row));
      await once(streamed, 'end');
      for await (const row of client.execute('SELECT 7 AS n').stream()) console.log(row);
      await promises.end();`,
      ['-u', 'node_mysql2:*'],
    );
    expect(queriesOf(events)).toEqual([
      ['SELECT ? AS a, ? AS b', '1', ''],
      ['SELECT ? AS n UNION SELECT ?', '2', ''],
      ['SELECT ? AS n', '1', ''],
      ['SELECT ? AS n', '1', ''],
      ['CREATE TEMPORARY TABLE t (n INT)', '0', ''],
      ['START TRANSACTION', '0', ''],
      ['INSERT INTO t VALUES (?), (?), (?)', '3', ''],
      ['COMMIT', '0', ''],
      ['SELECT n FROM t; SELECT ? AS five; DELETE FROM t', '7', ''],
      ['SELECT ? AS n', '0', ''],
      ['SELECT ? AS n', '0', ''],
    ]);
    expect(JSON.stringify(events)).not.toContain('private');
    expect(fieldsOf(events, 'node_mysql2:query_begin')[0]).toMatchObject({ host: socket, port: '0', database: 'test' });
  });

  it('that fail have the code of the error, and the stacks and uncaught errors of the program', async () => {
    const { events } = await recordedUnchanged(
      `
      import { once } from 'node:events';
      import mysql from 'mysql2';
      const client = mysql.createConnection(${connection()});
      await once(client, 'connect');
      const promises = client.promise();
      async function failing(depth) {
        return depth === 0 ? promises.query('SELECT * FROM missing') : failing(depth - 1);
      }
      await failing(0).catch((error) => console.log(error.stack, Object.keys(error)));
      await failing(20).catch((error) => console.log(error.stack));
      await promises.execute('SELECT * FROM absent').catch((error) => console.log(error.stack));
      await new Promise((resolve) => client.query('SELECT 1 +', (error) => resolve(console.log(error.stack))));
      const streamed = client.query('SELECT * FROM gone');
      await once(streamed, 'end').catch((error) => console.log(error.code));
      try { client.execute('SELECT ?', [undefined]); } catch (error) { console.log(error.stack); }
      try { client.query(); } catch (error) { console.log(error.stack); }
      client.on('error', (error) => console.log('of the connection', error.code));
      const unheard = client.query('SELECT * FROM unheard');
      await once(client, 'error');
      client.destroy();`,
      ['-u', 'node_mysql2:*'],
    );
    expect(queriesOf(events)).toEqual([
      ['SELECT * FROM missing', '0', 'ER_NO_SUCH_TABLE'],
      ['SELECT * FROM missing', '0', 'ER_NO_SUCH_TABLE'],
      ['SELECT * FROM absent', '0', 'ER_NO_SUCH_TABLE'],
      ['SELECT ? +', '0', 'ER_PARSE_ERROR'],
      ['SELECT * FROM gone', '0', 'ER_NO_SUCH_TABLE'],
      ['SELECT ?', '0', 'TypeError'],
      ['', '0', 'TypeError'],
      ['SELECT * FROM unheard', '0', 'ER_NO_SUCH_TABLE'],
    ]);
  });

  it('belong to the request that began them, also where another one has released the connection', async () => {
    const events = await recordedWithRequests(
      `
      import http from 'node:http';
      import { createRequire } from 'node:module';
      const mysql = createRequire(import.meta.url)('mysql2');
      const pool = mysql.createPool({ ...${connection()}, connectionLimit: 1 });
      const acquire = () => pool.promise().getConnection();
      await pool.promise().query('SELECT 0');
      let held = await acquire();
      let arrived = 0;
      const server = http.createServer((request, response) => {
        pool.query('SELECT 1 AS ' + request.url.slice(1), () => response.end());
        if (++arrived === 1 || arrived === 4) held.release();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const get = (path) => new Promise((resolve) =>
        http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().once('close', resolve)));
      await get('/first');
      held = await acquire();
      await Promise.all(['/a', '/b', '/c'].map(get));
      server.close();
      await pool.promise().end();`,
      ['node_http:server*', 'node_mysql2:*'],
    );
    const requests = new Map(
      fieldsOf(events, 'node_http:server_request_begin').map(({ path, request_id }) => [path, request_id]),
    );
    const begins = events.filter(({ name }) => name === 'node_mysql2:query_begin').slice(-3);
    const aliasOf = ({ fields }: RuntimeEvent) => /AS (\w)$/.exec(fields.query ?? '')?.[1];
    expect(begins.map(aliasOf).sort()).toEqual(['a', 'b', 'c']);
    for (const begin of begins) expect(begin.requestId).toBe(requests.get(`/${aliasOf(begin)}`));
    const waits = fieldsOf(events, 'node_mysql2:acquire').slice(-3);
    expect(waits.map(({ connections, waiting, error }) => [connections, waiting, error])).toEqual([
      ['1', '0', ''],
      ['1', '1', ''],
      ['1', '2', ''],
    ]);
  });
});
