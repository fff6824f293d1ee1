import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { hideOurFrames, type Observer, observeAll } from '../wrap.ts';
import { callerScope } from './caller-scope.ts';
import { beforeNextCall } from './observed-method.ts';
import { type RedisServer, redisCommands } from './redis-commands.ts';

/** @see https://redis.github.io/ioredis/interfaces/CommonRedisOptions.html */
interface Client {
  readonly options?: RedisServer;
  readonly condition?: { readonly select?: unknown } | null;
}

interface Command {
  readonly name?: unknown;
  readonly args?: unknown;
}

/** Commands that the package `ioredis` sends to Redis, without their arguments. */
export function ioredis(tracer: Tracer): readonly EventSource[] {
  const commands = redisCommands(tracer, 'node_ioredis');
  /** The client sends a command again once it is connected. */
  const pending = new WeakSet<object>();

  const sendCommand: Observer<never> = {
    before(self, [command]) {
      const key = Object(command) as Command;
      if (pending.has(key)) return undefined;
      pending.add(key);
      const { options, condition } = Object(self) as Client;
      const framesMax = Number(Error.stackTraceLimit) || 0;
      const argumentCount = Array.isArray(key.args) ? key.args.length : 0;
      const id = commands.begin(Object(options), condition?.select, key.name, argumentCount);
      const scope = callerScope();
      // A handler of the command's promise would make its rejection handled. These methods settle the promise.
      beforeNextCall(key, ['resolve', 'reject'], (method, [value]) => {
        pending.delete(key);
        if (method === 'resolve') scope(() => commands.reply(id, value));
        else {
          hideOurFrames(value, framesMax);
          scope(() => commands.fail(id, value));
        }
      });
      return undefined;
    },
  };

  return [
    {
      tracepoints: commands.tracepoints,
      install: () =>
        changeModule({
          packageName: 'ioredis',
          file: 'built/Redis.js',
          change: ({ default: { prototype } }) =>
            observeAll([{ holder: prototype, name: 'sendCommand', observer: sendCommand }]),
        }),
    },
  ];
}
