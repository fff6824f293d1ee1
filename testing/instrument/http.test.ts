import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

/** A server, and a client that gets each path in order: `/drop` ends its connection without an answer. */
const SERVER_AND_CLIENT = (paths: readonly string[], agent = 'undefined') => `
  import http from 'node:http';
  const server = http.createServer((request, response) => {
    if (request.url === '/drop') request.socket.destroy();
    else response.writeHead(request.url === '/missing' ? 404 : 200).end('hello');
  });
  const get = (path) => new Promise((resolve) => {
    const options = { port: server.address().port, host: '127.0.0.1', path, agent: ${agent} };
    http.get(options, (response) => response.resume().once('close', resolve)).once('error', resolve);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  for (const path of ${JSON.stringify(paths)}) await get(path);
  server.close();
  server.closeAllConnections();`;

describe('a program without tracepoints', () => {
  it('records the requests of its HTTP server, from begin to end', async () => {
    const { events } = await recorded(SERVER_AND_CLIENT(['/a?token=secret', '/missing', '/drop']));
    const begins = fieldsOf(events, 'node_http:server_request_begin');
    const ends = fieldsOf(events, 'node_http:server_request_end');
    expect(begins.map(({ method, path, peer, connection_reused }) => [method, path, peer, connection_reused])).toEqual([
      ['GET', '/a', '127.0.0.1', '0'],
      ['GET', '/missing', '127.0.0.1', '1'],
      ['GET', '/drop', '127.0.0.1', '1'],
    ]);
    expect(ends.map(({ request_id, status, aborted }) => [request_id, status, aborted])).toEqual([
      [begins[0]?.request_id, '200', '0'],
      [begins[1]?.request_id, '404', '0'],
      [begins[2]?.request_id, '0', '1'],
    ]);
    expect(ends.map(({ bytes_written }) => Number(bytes_written) > 5)).toEqual([true, true, false]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('records the requests of its HTTP client, also those that fail', async () => {
    const { events } = await recorded(SERVER_AND_CLIENT(['/a?token=secret', '/missing', '/drop'], 'false'));
    const begins = fieldsOf(events, 'node_http:client_request_begin');
    expect(begins.map(({ method, protocol, host, path }) => [method, protocol, host, path])).toEqual([
      ['GET', 'http:', '127.0.0.1', '/a'],
      ['GET', 'http:', '127.0.0.1', '/missing'],
      ['GET', 'http:', '127.0.0.1', '/drop'],
    ]);
    expect(fieldsOf(events, 'node_http:client_request_end')).toEqual([
      { call_id: begins[0]?.call_id, status: '200', error: '' },
      { call_id: begins[1]?.call_id, status: '404', error: '' },
      { call_id: begins[2]?.call_id, status: '0', error: 'ECONNRESET' },
    ]);
    expect(fieldsOf(events, 'node_http:client_response')).toEqual([]);
  });

  it('records events of lower levels if a rule names them', async () => {
    const { events } = await recorded(SERVER_AND_CLIENT(['/a', '/b']), ['-u', 'node_http:client_*']);
    expect(events.map(({ name }) => name.replace('node_http:client_', ''))).toEqual([
      ...['request_begin', 'response', 'request_end'],
      ...['request_begin', 'response', 'request_end'],
    ]);
  });
});
