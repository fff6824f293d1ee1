import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { subscribeAll } from '../../channels.ts';
import { identifiers } from '../../identifiers.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { pathOf } from './path.ts';

/** The message of the channels `http.server.request.start` and `http.server.response.finish`. */
interface ServerMessage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

interface OpenRequest {
  readonly id: number;
  readonly response: ServerResponse;
  /** Bytes that the connection had written before the request. */
  readonly writtenBefore: number;
}

interface Connection {
  /** In the order of their arrival: a client may send requests before it has the answers to earlier ones. */
  readonly open: OpenRequest[];
}

/** Requests that HTTP/1 servers of the program answer. */
export function httpServer({ provider, u64, u16, str, bool }: Tracer): readonly EventSource[] {
  const http = provider('node_http');
  const begin = http.tracepoint(
    'server_request_begin',
    [
      ['request_id', u64],
      ['method', str],
      ['path', str],
      ['peer', str],
      ['peer_port', u16],
      ['connection_reused', bool],
    ],
    { logLevel: 'info' },
  );
  const end = http.tracepoint(
    'server_request_end',
    [
      ['request_id', u64],
      ['status', u16],
      ['bytes_written', u64],
      ['aborted', bool],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();

  const install = () => {
    const connections = new Map<Socket, Connection>();

    function connectionOf(socket: Socket): Connection {
      const known = connections.get(socket);
      if (known !== undefined) return known;
      const connection: Connection = { open: [] };
      connections.set(socket, connection);
      socket.once('close', closed);
      return connection;
    }

    function closed(this: Socket): void {
      const connection = connections.get(this);
      connections.delete(this);
      for (const request of connection?.open ?? []) finish(this, request, true);
    }

    function finish(socket: Socket, { id, response, writtenBefore }: OpenRequest, isAborted: boolean): void {
      end(id, response.statusCode, Math.max(0, socket.bytesWritten - writtenBefore), isAborted);
    }

    const unsubscribe = subscribeAll({
      'http.server.request.start': ({ request, response, socket }: ServerMessage) => {
        const isReused = connections.has(socket);
        const { open } = connectionOf(socket);
        const id = nextId();
        open.push({ id, response, writtenBefore: socket.bytesWritten });
        begin(
          id,
          request.method ?? '',
          pathOf(request.url ?? ''),
          socket.remoteAddress ?? '',
          socket.remotePort ?? 0,
          isReused,
        );
      },
      'http.server.response.finish': ({ response, socket }: ServerMessage) => {
        const open = connections.get(socket)?.open ?? [];
        const index = open.findIndex((request) => request.response === response);
        const [request] = index < 0 ? [] : open.splice(index, 1);
        if (request !== undefined) finish(socket, request, false);
      },
    });
    return () => {
      unsubscribe();
      for (const socket of connections.keys()) socket.removeListener('close', closed);
    };
  };
  return [{ tracepoints: [begin, end], install }];
}
