import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { hideOurFrames, type Observer, observeAll } from '../wrap.ts';
import { beforeNextCall } from './observed-method.ts';

/** @see https://redis.github.io/ioredis/interfaces/CommonRedisOptions.html */
interface Client {
  readonly options?: { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown };
  readonly condition?: { readonly select?: unknown } | null;
}

interface Command {
  readonly name?: unknown;
  readonly args?: unknown;
}

/** Begin of a command's name. Programs can send any text as a name. */
const NAME = /^[a-z][\w.-]{0,39}(?=\s|$)/i;

/** Commands that the package `ioredis` sends to Redis, without their arguments. */
export function ioredis({ provider, u16, u32, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_ioredis');
  const begin = events.tracepoint(
    'command_begin',
    [
      ['call_id', u64],
      ['host', str],
      ['port', u16],
      ['database', u32],
      ['command', str],
      ['arguments', u32],
    ],
    { logLevel: 'info' },
  );
  const end = events.tracepoint(
    'command_end',
    [
      ['call_id', u64],
      ['elements', u32],
      ['bytes', u32],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();
  /** The client sends a command again once it is connected. */
  const pending = new WeakSet<object>();

  const sendCommand: Observer<never> = {
    before(self, [command]) {
      const key = Object(command) as Command;
      if (pending.has(key)) return undefined;
      pending.add(key);
      const id = nextId();
      const { options, condition } = Object(self) as Client;
      const { host, port, path } = Object(options) as NonNullable<Client['options']>;
      const isSocket = typeof path === 'string' && path !== '';
      const framesMax = Number(Error.stackTraceLimit) || 0;
      begin(
        id,
        isSocket ? path : typeof host === 'string' ? host : '',
        isSocket ? 0 : within(port, 65_535),
        within(condition?.select, 0xff_ff_ff_ff),
        NAME.exec(String(key.name))?.[0]?.toLowerCase() ?? 'unknown',
        Array.isArray(key.args) ? key.args.length : 0,
      );
      // A handler of the command's promise would make its rejection handled. These methods settle the promise.
      beforeNextCall(key, ['resolve', 'reject'], (method, [value]) => {
        pending.delete(key);
        const isReply = method === 'resolve';
        if (!isReply) hideOurFrames(value, framesMax);
        end(id, isReply ? elementsOf(value) : 0, isReply ? bytesOf(value) : 0, isReply ? '' : errorOf(value));
      });
      return undefined;
    },
  };

  return [
    {
      tracepoints: [begin, end],
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

/** Redis begins its errors with a code, such as `WRONGTYPE`. The rest may hold private data. */
function errorOf(error: unknown): string {
  const { name, message } = Object(error) as { readonly name?: unknown; readonly message?: unknown };
  const code = name === 'ReplyError' ? /^[A-Z]{2,30}(?= )/.exec(String(message))?.[0] : undefined;
  return code ?? codeOf(error);
}

function elementsOf(reply: unknown): number {
  return Array.isArray(reply) ? reply.length : 0;
}

function bytesOf(reply: unknown): number {
  return typeof reply === 'string' || Buffer.isBuffer(reply) ? Buffer.byteLength(reply) : 0;
}

function within(value: unknown, maximum: number): number {
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 && number <= maximum ? number : 0;
}
