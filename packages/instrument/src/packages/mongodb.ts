import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { type Observer, observeAll, observedCallback } from '../wrap.ts';

/** @see https://www.mongodb.com/docs/manual/reference/command/ */
type Command = Readonly<Record<string, unknown>>;

/** Commands with which the driver itself watches servers, logs in, and ends. */
const OWN = /^(hello|ismaster|saslstart|saslcontinue|authenticate|endsessions)$/i;
/** Commands that name a collection. Other commands may have private names, such as those of users. */
const OF_COLLECTIONS =
  /^(aggregate|count|create|createIndexes|delete|distinct|drop|dropIndexes|find|findAndModify|insert|listIndexes|update)$/;
/** Begin of a command's name. Programs can send any text as a name. */
const NAME = /^[a-z]\w{0,39}$/i;

/** Commands that the package `mongodb` sends to MongoDB, without their documents and filters. */
export function mongodb({ provider, u16, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_mongodb');
  const begin = events.tracepoint(
    'command_begin',
    [
      ['call_id', u64],
      ['host', str],
      ['port', u16],
      ['database', str],
      ['command', str],
      ['collection', str],
    ],
    { logLevel: 'info' },
  );
  const end = events.tracepoint(
    'command_end',
    [
      ['call_id', u64],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();
  const finish = (id: number, error: unknown) => end(id, error == null ? '' : errorOf(error));

  const command: Observer<number> = {
    before(self, args) {
      const [namespace, document] = args;
      const name = Object.keys(Object(document))[0] ?? '';
      if (OWN.test(name)) return undefined;
      const id = nextId();
      const { host, port } = serverOf(Object(self).address);
      const { db } = Object(namespace) as { readonly db?: unknown };
      begin(id, host, port, textOf(db), NAME.test(name) ? name : 'unknown', collectionOf(name, Object(document)));
      const index = args.findLastIndex((arg) => typeof arg === 'function' && !('make' in arg));
      // Versions before 6 have a callback.
      if (index > 2) args[index] = observedCallback(args[index], (error) => finish(id, error));
      return id;
    },
    threw: finish,
    settled: (id, error, isFulfilled) => finish(id, isFulfilled ? undefined : (error ?? 'unknown')),
  };

  return [
    {
      tracepoints: [begin, end],
      install: () =>
        changeModule({
          packageName: 'mongodb',
          file: 'lib/cmap/connection.js',
          change: ({ Connection: { prototype } }) =>
            observeAll([{ holder: prototype, name: 'command', observer: command }]),
        }),
    },
  ];
}

/** @param address such as `localhost:27017`, `[::1]:27017` or the path of a Unix socket */
function serverOf(address: unknown): { readonly host: string; readonly port: number } {
  const [, host, port] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(textOf(address)) ?? [];
  if (host === undefined || Number(port) > 65_535) return { host: textOf(address), port: 0 };
  return { host, port: Number(port) };
}

function collectionOf(name: string, document: Command): string {
  if (name === 'getMore') return textOf(document.collection);
  return OF_COLLECTIONS.test(name) ? textOf(document[name]) : '';
}

/** The name that MongoDB gives the error's code, such as `DuplicateKey`. */
function errorOf(error: unknown): string {
  const { codeName } = Object(error) as { readonly codeName?: unknown };
  return textOf(codeName) || codeOf(error);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
