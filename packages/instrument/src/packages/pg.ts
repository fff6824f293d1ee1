import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { type Observer, observeAll, observedCallback } from '../wrap.ts';
import { beforeNextCall } from './observed-method.ts';
import { queryText } from './query-text.ts';
import { numberOr, portOr, type SqlServer, sqlClient, textOr } from './sql-client.ts';

/** @see https://node-postgres.com/apis/client */
interface Client {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
}

/** @see https://node-postgres.com/apis/pool */
interface Pool {
  readonly options?: Client;
  readonly totalCount?: unknown;
  readonly waitingCount?: unknown;
}

/** The first argument of `Client.query`: a text, its configuration, or an object that runs the query itself. */
interface QueryConfig {
  readonly text?: unknown;
  readonly callback?: unknown;
  readonly submit?: unknown;
  readonly cursor?: { readonly text?: unknown };
}

type Finish = (error: unknown, result: unknown) => void;

/** Queries of the package `pg` to PostgreSQL, and the waits for a connection of its pools. */
export function pg(tracer: Tracer): readonly EventSource[] {
  const client = sqlClient(tracer, 'node_pg');

  const query: Observer<Finish> = {
    before(self, args) {
      const { database } = Object(self) as Client;
      const end = client.begin(
        serverOf(Object(self), ''),
        textOr(database, ''),
        queryText(textOf(args[0]), 'postgresql'),
      );
      const finish: Finish = (error, result) => end(error, rowsOf(result));
      observeEnd(args, finish);
      return finish;
    },
    threw: (finish, error) => finish(error, undefined),
    settled: (finish, error, isFulfilled, result) => finish(isFulfilled ? undefined : (error ?? 'unknown'), result),
  };

  const connect = client.acquiring((self) => {
    const { options, waitingCount } = self as Pool;
    return {
      // Only a client of the pool knows a server that a URL or the environment (PGHOST) names.
      server: (connection) => serverOf(Object(connection ?? options), 'localhost'),
      connections: () => numberOr((self as Pool).totalCount, 0),
      waiting: numberOr(waitingCount, 0),
    };
  });

  return [
    {
      tracepoints: client.queries,
      install: () =>
        changeModule({
          packageName: 'pg',
          file: 'lib/client.js',
          change: ({ prototype }) => observeAll([{ holder: prototype, name: 'query', observer: query }]),
        }),
    },
    {
      tracepoints: client.acquisitions,
      install: () =>
        changeModule({
          packageName: 'pg-pool',
          file: 'index.js',
          change: ({ prototype }) => observeAll([{ holder: prototype, name: 'connect', observer: connect }]),
        }),
    },
  ];
}

function serverOf({ host, port }: Client, hostDefault: string): SqlServer {
  return { host: textOr(host, hostDefault), port: portOr(port, 5432) };
}

/** Observes the end of a query that does not return a promise. */
function observeEnd(args: unknown[], finish: Finish): void {
  const config = Object(args[0]) as QueryConfig;
  if (typeof config.submit === 'function') {
    // A cursor, a stream, or a query with listeners. The client calls one of these methods at its end.
    beforeNextCall(config, ['handleReadyForQuery', 'handleError'], (name, [error]) =>
      finish(name === 'handleError' ? (error ?? 'unknown') : undefined, undefined),
    );
    return;
  }
  const index = [2, 1].find((i) => typeof args[i] === 'function');
  if (index !== undefined) args[index] = observedCallback(args[index], finish);
  else if (typeof config.callback === 'function') {
    const value = observedCallback(config.callback, finish);
    args[0] = Object.create(config, { callback: { value, writable: true, enumerable: true, configurable: true } });
  }
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const { text, cursor } = Object(query) as QueryConfig;
  return textOr(text ?? cursor?.text, '');
}

/** Rows of all results; several statements have several. */
function rowsOf(result: unknown): number {
  const results = Array.isArray(result) ? result : [result];
  return results.reduce((sum, one) => sum + numberOr(Object(one).rowCount, 0), 0);
}
