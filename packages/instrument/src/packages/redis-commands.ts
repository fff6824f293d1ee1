import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { Tracer } from '../instrument.ts';

/** Where a client of Redis connects to: the path of a Unix socket, or a host and its port. */
export interface RedisServer {
  readonly path?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

/** Begin of a command's name. Programs can send any text as a name. */
const NAME = /^[a-z][\w.-]{0,39}(?=\s|$)/i;

/** Declares the events of a package's commands to Redis. They have no keys and no values. */
export function redisCommands({ provider, u16, u32, u64, str }: Tracer, providerName: string) {
  const events = provider(providerName);
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
  return {
    tracepoints: [begin, end],
    /** @returns the identifier of the command */
    begin({ path, host, port }: RedisServer, database: unknown, name: unknown, argumentCount: number): number {
      const id = nextId();
      const isSocket = typeof path === 'string' && path !== '';
      begin(
        id,
        isSocket ? path : typeof host === 'string' ? host : '',
        isSocket ? 0 : within(port, 65_535),
        within(database, 0xff_ff_ff_ff),
        NAME.exec(String(name))?.[0]?.toLowerCase() ?? 'unknown',
        argumentCount,
      );
      return id;
    },
    reply: (id: number, reply: unknown) => end(id, elementsOf(reply), bytesOf(reply), ''),
    fail: (id: number, error: unknown) => end(id, 0, 0, errorOf(error)),
  };
}

/** Redis begins its errors with a code, such as `WRONGTYPE`. The rest may hold private data. */
function errorOf(error: unknown): string {
  const { message, constructor: maker } = Object(error) as Readonly<Record<string, unknown>>;
  const name = codeOf(error);
  const kind = name === 'Error' ? String(Object(maker).name) : name;
  const code =
    /^(ReplyError|ErrorReply|SimpleError|BlobError)$/.test(kind) && /^[A-Z]{2,30}(?= )/.exec(String(message));
  return code ? code[0] : kind;
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
