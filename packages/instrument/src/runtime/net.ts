import { Socket } from 'node:net';
import { subscribeAll } from '../channels.ts';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { type Observer, observeAll } from '../wrap.ts';

interface Connection {
  readonly id: number;
  /** Name or address of the target, or path of a Unix socket. */
  readonly host: string;
  isConnecting: boolean;
}

/**
 * Connections of sockets: TCP, TLS, and Unix sockets.
 *
 * Node.js's hooks report no failed connection, and no end of a connection. Listeners would be visible in `eventNames()`
 * of the program's sockets, so the methods of sockets are observed.
 */
export function net({ provider, u64, u16, str }: Tracer): readonly EventSource[] {
  const node = provider('node_net');
  const connectBegin = node.tracepoint(
    'connect_begin',
    [
      ['connection_id', u64],
      ['host', str],
      ['port', u16],
    ],
    { logLevel: 'info' },
  );
  const connectEnd = node.tracepoint(
    'connect_end',
    [
      ['connection_id', u64],
      ['address', str],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const accept = node.tracepoint(
    'accept',
    [
      ['connection_id', u64],
      ['peer', str],
      ['peer_port', u16],
      ['port', u16],
    ],
    { logLevel: 'debug' },
  );
  const close = node.tracepoint(
    'close',
    [
      ['connection_id', u64],
      ['bytes_read', u64],
      ['bytes_written', u64],
      ['error', str],
    ],
    { logLevel: 'debug' },
  );
  const nextId = identifiers();

  const install = () => {
    const connections = new WeakMap<object, Connection>();

    const endConnecting = (connection: Connection, address: string | undefined, error: string) => {
      if (!connection.isConnecting) return;
      connection.isConnecting = false;
      connectEnd(connection.id, address ?? connection.host, error);
    };

    const connect: Observer<Connection> = {
      before(socket, args) {
        const { host, port } = targetOf(args);
        const connection = { id: nextId(), host, isConnecting: true };
        connections.set(socket as Socket, connection);
        connectBegin(connection.id, host, port);
        return connection;
      },
      threw: (connection, error) => endConnecting(connection, undefined, codeOf(error)),
    };
    // Node.js begins to read when the connection stands and its listeners have run.
    const read: Observer<never> = {
      before(self) {
        const socket = self as Socket;
        const connection = connections.get(socket);
        if (connection?.isConnecting === true && !socket.connecting)
          endConnecting(connection, socket.remoteAddress, '');
        return undefined;
      },
    };
    const destroy: Observer<never> = {
      before(self, [error]) {
        const socket = self as Socket;
        const connection = connections.get(socket);
        if (connection === undefined) return undefined;
        connections.delete(socket);
        const code = error instanceof Error ? codeOf(error) : '';
        const hasFailed = Object(error).syscall === 'connect' || socket.connecting || socket.pending;
        const isConnected = !connection.isConnecting || !hasFailed;
        endConnecting(connection, socket.remoteAddress, isConnected ? '' : code || 'closed');
        if (isConnected) close(connection.id, socket.bytesRead, socket.bytesWritten, code);
        return undefined;
      },
    };

    const end = observeAll([
      { holder: Socket.prototype, name: 'connect', observer: connect },
      { holder: Socket.prototype, name: '_read', observer: read },
      { holder: Socket.prototype, name: '_destroy', observer: destroy },
    ]);
    const unsubscribe = subscribeAll({
      'net.server.socket': ({ socket }: { readonly socket: Socket }) => {
        const connection = { id: nextId(), host: socket.remoteAddress ?? '', isConnecting: false };
        connections.set(socket, connection);
        accept(connection.id, connection.host, socket.remotePort ?? 0, socket.localPort ?? 0);
      },
    });
    return () => {
      unsubscribe();
      end();
    };
  };
  return [{ tracepoints: [connectBegin, connectEnd, accept, close], install }];
}

/** The target in the arguments of `connect`; a Unix socket has its path as host. */
function targetOf(args: readonly unknown[]): { readonly host: string; readonly port: number } {
  // Node.js itself passes an array with the options and the callback.
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const options = Object(
    typeof first === 'object' ? first : isPort(first) ? { port: first, host: second } : { path: first },
  ) as { readonly path?: unknown; readonly host?: unknown; readonly port?: unknown };
  if (typeof options.path === 'string') return { host: options.path, port: 0 };
  const { host, port } = options;
  return { host: typeof host === 'string' ? host : 'localhost', port: isPort(port) ? Number(port) : 0 };
}

function isPort(value: unknown): boolean {
  return (typeof value === 'number' || typeof value === 'string') && value !== '' && Number(value) >= 0;
}
