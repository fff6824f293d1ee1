import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { SingleRequest } from './single-request.ts';

/**
 * What a client receives that sends these chunks, from a server that answers each request with its path and its body.
 */
async function answersTo(...chunks: readonly string[]): Promise<string> {
  const http = createHttpServer({ keepAlive: false }, async (request, response) => {
    (request.socket as unknown as SingleRequest).readBody(Number(request.headers['content-length'] ?? 0));
    const body = await text(request);
    response.writeHead(200, { connection: 'close' });
    response.end(`${request.url} ${body}\n`);
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => http.emit('connection', new SingleRequest(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  client.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  client.on('error', () => {});
  const closed = once(client, 'close');
  for (const chunk of chunks) {
    client.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closed;
  return received;
}

const countOf = (received: string) => received.split('HTTP/1.1 ').length - 1;

it('answers one of the requests that are sent ahead', async () => {
  const received = await answersTo('GET /one HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500));
  expect(received).toContain('/one');
  expect(countOf(received)).toBe(1);
});

it('takes a head and a body that come in parts, and nothing behind them', async () => {
  const received = await answersTo(
    'POST /two HTTP/1.1\r\nHost: a\r',
    '\nContent-Length: 6\r\n\r',
    '\nabc',
    'defGET /three HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  expect(received).toContain('/two abcdef\n');
  expect(countOf(received)).toBe(1);
});

it('refuses bare line feeds, between which some parsers see several requests', async () => {
  const received = await answersTo(`${'GET / HTTP/1.1\nHost: a\n\n'.repeat(100)}\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
  expect(countOf(received)).toBe(1);
});

it('leaves a head that is too long to the server, which refuses it', async () => {
  expect(await answersTo(`GET / HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}`)).toMatch(/^HTTP\/1\.1 431 /);
});
