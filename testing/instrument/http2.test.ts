import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

const PROGRAM = `
  import http2 from 'node:http2';
  const server = http2.createServer();
  server.on('stream', (stream, { ':path': path }) => {
    stream.on('error', () => undefined);
    if (path === '/reset') return stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    stream.respond({ ':status': path === '/missing' ? 404 : 200 });
    stream.end('hello');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const client = http2.connect('http://127.0.0.1:' + port);
  for (const path of ['/a?token=secret', '/missing', '/reset'])
    await new Promise((resolve) => {
      client.request({ ':path': path }).on('error', () => undefined).once('close', resolve).resume();
    });
  console.log(port);
  client.close();
  server.close();`;

/** Node.js 20 has no channels of HTTP/2. */
const hasHook = Number(process.versions.node.split('.')[0]) >= 22;

describe('requests over HTTP/2', () => {
  it('are recorded from begin to end on both sides, where Node.js has the hook', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_http2:*']);
    const requests = hasHook ? ['/a', '/missing', '/reset'] : [];
    const authority = `127.0.0.1:${stdout.trim()}`;
    for (const [side, id] of [
      ['server', 'request_id'],
      ['client', 'call_id'],
    ] as const) {
      const begins = fieldsOf(events, `node_http2:${side}_request_begin`);
      expect(begins.map(({ method, authority, path }) => [method, authority, path])).toEqual(
        requests.map((path) => ['GET', authority, path]),
      );
      const ends = fieldsOf(events, `node_http2:${side}_request_end`);
      expect(ends.map((fields) => fields[id])).toEqual(begins.map((fields) => fields[id]));
      expect(ends.map(({ status, reset_code }) => [status, reset_code])).toEqual(
        [
          ['200', '0'],
          ['404', '0'],
          ['0', '7'],
        ].slice(0, requests.length),
      );
    }
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});
