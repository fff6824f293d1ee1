import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

const PROGRAM = `
  import net from 'node:net';
  import tls from 'node:tls';
  const server = net.createServer((socket) => socket.end('hello'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const closed = (socket) => new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
  const first = net.connect(port, 'localhost').resume();
  console.log(port, JSON.stringify(first.eventNames()));
  await closed(first);
  await closed(new net.Socket().connect({ port, host: '127.0.0.1' }).resume());
  server.close();
  await closed(net.connect({ port: 1, host: '127.0.0.1' }));
  await closed(net.connect('/nonexistent.sock'));
  await closed(net.connect({ port: 1, host: 'name.invalid' }));
  await closed(tls.connect({ port: 1, host: '127.0.0.1' }));
  const early = net.connect(1, '127.0.0.1');
  early.destroy();
  await closed(early);`;

describe('connections', () => {
  it('are recorded from their begin to their end, also those that fail', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_net:*', '-u', 'node_dns:*']);
    const port = stdout.split(' ')[0];
    const begins = fieldsOf(events, 'node_net:connect_begin');
    expect(begins.map(({ host, port }) => [host, port])).toEqual([
      ['localhost', port],
      ['127.0.0.1', port],
      ['127.0.0.1', '1'],
      ['/nonexistent.sock', '0'],
      ['name.invalid', '1'],
      ['127.0.0.1', '1'],
      ['127.0.0.1', '1'],
    ]);
    const ends = fieldsOf(events, 'node_net:connect_end');
    expect(ends.map(({ connection_id }) => connection_id)).toEqual(begins.map(({ connection_id }) => connection_id));
    const errors = ends.map(({ error }) => error);
    expect(errors[4]).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
    expect(errors.toSpliced(4, 1)).toEqual(['', '', 'ECONNREFUSED', 'ENOENT', 'ECONNREFUSED', 'closed']);
    expect(ends.slice(0, 2).map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
    const accepts = fieldsOf(events, 'node_net:accept');
    expect(accepts.map(({ peer, port }) => [peer, port])).toEqual([
      ['127.0.0.1', port],
      ['127.0.0.1', port],
    ]);
    const closes = new Map(
      fieldsOf(events, 'node_net:close').map(({ connection_id, bytes_read, bytes_written, error }) => [
        connection_id,
        [bytes_read, bytes_written, error],
      ]),
    );
    expect(begins.slice(0, 2).map(({ connection_id }) => closes.get(connection_id))).toEqual([
      ['5', '0', ''],
      ['5', '0', ''],
    ]);
    expect(accepts.map(({ connection_id }) => closes.get(connection_id))).toEqual([
      ['0', '5', ''],
      ['0', '5', ''],
    ]);
    expect(closes.size).toBe(4);
    // Only names are looked up.
    const lookups = fieldsOf(events, 'node_dns:lookup');
    expect(lookups.map(({ operation, name }) => [operation, name])).toEqual([
      ['lookup', 'localhost'],
      ['lookup', 'name.invalid'],
    ]);
    expect(lookups[1]?.error).toBe(errors[4]);
  });
});
