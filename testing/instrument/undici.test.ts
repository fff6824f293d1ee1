import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

const PROGRAM = `
  import http from 'node:http';
  const server = http.createServer((request, response) => {
    if (request.url === '/drop') request.socket.destroy();
    else response.writeHead(request.url === '/missing' ? 404 : 200).end('hello');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const get = (path) => fetch('http://127.0.0.1:' + port + path);
  for (const path of ['/a?token=secret', '/missing']) await (await get(path)).text();
  await (await get('/cancelled')).body.cancel();
  // The last one: babeltrace2 2.0.4 prints an empty text that follows another as that one.
  await get('/drop').catch(() => undefined);
  console.log(port);
  server.close();
  server.closeAllConnections();`;

describe('requests of fetch', () => {
  it('are recorded from begin to end, also those that fail', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_undici:*']);
    const begins = fieldsOf(events, 'node_undici:request_begin');
    const origin = `http://127.0.0.1:${stdout.trim()}`;
    expect(begins.map(({ method, origin, path }) => [method, origin, path])).toEqual(
      ['/a', '/missing', '/cancelled', '/drop'].map((path) => ['GET', origin, path]),
    );
    const ends = fieldsOf(events, 'node_undici:request_end');
    expect(ends.map(({ call_id }) => call_id)).toEqual(begins.map(({ call_id }) => call_id));
    expect(ends.toSpliced(2, 1).map(({ status, error }) => [status, error])).toEqual([
      ['200', ''],
      ['404', ''],
      ['0', 'UND_ERR_SOCKET'],
    ]);
    expect(fieldsOf(events, 'node_undici:response').map(({ status }) => status)).toEqual(['200', '404', '200']);
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});
