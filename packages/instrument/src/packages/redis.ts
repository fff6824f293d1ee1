import { Socket } from 'node:net';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { type Observer, observeAll, type Target } from '../wrap.ts';
import { beforeNextCall } from './observed-method.ts';
import { type RedisServer, redisCommands } from './redis-commands.ts';

/** @see https://github.com/redis/node-redis/blob/master/docs/client-configuration.md */
interface Client {
  readonly options?: { readonly socket?: RedisServer; readonly database?: unknown };
}

interface Place {
  readonly server: RedisServer;
  readonly database: unknown;
}

/** Methods of clients that add commands to the queue of the client. */
const SENDING = ['sendCommand', '_executePipeline', '_executeMulti', 'QUIT'];

/**
 * Commands that the package `redis` 4 and later sends, without their arguments.
 *
 * Its channels `node-redis:command`, which version 5.12 brings, are not used: they add frames to stacks of errors, and
 * make texts of all keys.
 */
export function redis(tracer: Tracer): readonly EventSource[] {
  const commands = redisCommands(tracer, 'node_redis');
  /** The client in whose method the program is. */
  let current: Client | undefined;
  const clients = new WeakMap<object, Client>();
  /** Version 4: the sockets that its queues are written to. No other way leads from a queue to its server. */
  const sockets = new WeakMap<object, Socket>();

  const sending: Observer<{ readonly outer: Client | undefined }> = {
    before(self) {
      const outer = current;
      current = self as Client;
      return { outer };
    },
    returned({ outer }) {
      current = outer;
    },
    threw({ outer }) {
      current = outer;
    },
    // Hides the frames of the observation in errors.
    settled: () => undefined,
  };

  /** @returns undefined for a command that a client sends on its own, before the program's first one */
  const placeOf = (queue: object): Place | undefined => {
    if ('getCommandToSend' in queue) {
      const { remoteAddress: host = '', remotePort: port = 0 } = sockets.get(queue) ?? {};
      return { server: { host, port }, database: 0 };
    }
    if (current !== undefined) clients.set(queue, current);
    const client = clients.get(queue);
    if (client === undefined) return undefined;
    const { socket, database } = Object(client.options) as NonNullable<Client['options']>;
    const { path, host = 'localhost', port = 6379 } = Object(socket) as RedisServer;
    return { server: { path, host, port }, database };
  };

  const addCommand: Observer<number> = {
    before(queue, [args]) {
      const place = placeOf(Object(queue));
      if (place === undefined || !Array.isArray(args)) return undefined;
      return commands.begin(place.server, place.database, args[0], args.length - 1);
    },
    settled: (id, error, isFulfilled, reply) => (isFulfilled ? commands.reply(id, reply) : commands.fail(id, error)),
  };

  /** Version 4: the client writes the command that this method returns to its socket, at once. */
  const getCommandToSend: Observer<object> = {
    before: (queue) => (sockets.has(Object(queue)) ? undefined : Object(queue)),
    returned(queue, args) {
      if (!Array.isArray(args)) return;
      beforeNextCall(Socket.prototype, ['write'], (_, [text], socket) => {
        const isCommand = String(text).startsWith(`*${args.length}\r\n`);
        if (isCommand && socket instanceof Socket) sockets.set(queue, socket);
      });
    },
  };

  const change = (file: string, observers: Readonly<Record<string, Target['observer']>>) =>
    changeModule({
      packageName: '@redis/client',
      file,
      change: ({ default: { prototype } }) =>
        observeAll(Object.entries(observers).map(([name, observer]) => ({ holder: prototype, name, observer }))),
    });
  return [
    {
      tracepoints: commands.tracepoints,
      install: () => {
        const ends = [
          change('dist/lib/client/commands-queue.js', { addCommand, getCommandToSend }),
          change('dist/lib/client/index.js', Object.fromEntries(SENDING.map((name) => [name, sending]))),
        ];
        return () => {
          for (const end of ends) end();
        };
      },
    },
  ];
}
