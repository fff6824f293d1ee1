import { errorMonitor } from 'node:events';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { type Observer, observeAll, observedCallback, type Target } from '../wrap.ts';
import { queryText } from './query-text.ts';
import { numberOr, portOr, type SqlServer, sqlClient, textOr } from './sql-client.ts';

/** @see https://sidorares.github.io/node-mysql2/docs/api-and-configurations */
interface Config {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly socketPath?: unknown;
  readonly database?: unknown;
}

interface Pool {
  readonly config?: { readonly connectionConfig?: Config };
  readonly _allConnections?: { readonly length?: unknown };
  readonly _connectionQueue?: { readonly length?: unknown };
}

/** A query as an object. Pools pass one that has its callback. */
interface Command {
  readonly sql?: unknown;
  onResult?: unknown;
  once?(name: string | symbol, listener: (error?: unknown) => void): unknown;
}

interface Query {
  readonly finish: (error: unknown, rows: number) => void;
  readonly hasCallback: boolean;
}

/** Files that have the classes: of recent versions, and of those before 3.11. */
const CONNECTION_FILES = ['lib/base/connection.js', 'lib/connection.js'];
const POOL_FILES = ['lib/base/pool.js', 'lib/pool.js'];

/**
 * Queries of the package `mysql2` to MySQL and MariaDB, and the waits for a connection of its pools.
 *
 * Its channels `mysql2:query` and `mysql2:execute` are not used: with a subscriber, the error of a query that has no
 * listener for it is no longer thrown.
 */
export function mysql2(tracer: Tracer): readonly EventSource[] {
  const client = sqlClient(tracer, 'node_mysql2');

  const query: Observer<Query> = {
    before(self, args) {
      const config = Object(Object(self).config) as Config;
      const [first] = args;
      const sql = typeof first === 'string' ? first : (Object(first) as Command).sql;
      const finish = client.begin(serverOf(config), textOr(config.database, ''), queryText(textOr(sql, ''), 'mysql'));
      return {
        finish,
        hasCallback: observeCallback(args, (error, rows, fields) => finish(error, rowsOf(rows, fields))),
      };
    },
    returned({ finish, hasCallback }, result) {
      const command = Object(result) as Command;
      if (hasCallback || typeof command.once !== 'function') return;
      command.once(errorMonitor, (error) => finish(error ?? 'unknown', 0));
      command.once('end', () => finish(undefined, 0));
    },
    threw: ({ finish }, error) => finish(error, 0),
  };

  const getConnection = client.acquiring((self) => {
    const { config, _allConnections, _connectionQueue } = self as Pool;
    return {
      server: () => serverOf(Object(config?.connectionConfig)),
      connections: () => numberOr(_allConnections?.length, 0),
      waiting: numberOr(_connectionQueue?.length, 0),
    };
  });

  const change = (files: readonly string[], observers: Readonly<Record<string, Target['observer']>>) => {
    const ends = files.map((file) =>
      changeModule({
        packageName: 'mysql2',
        file,
        change: ({ prototype }) =>
          observeAll(Object.entries(observers).map(([name, observer]) => ({ holder: prototype, name, observer }))),
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  };
  return [
    {
      tracepoints: client.queries,
      install: () => change(CONNECTION_FILES, { query, execute: query }),
    },
    {
      tracepoints: client.acquisitions,
      install: () => change(POOL_FILES, { getConnection }),
    },
  ];
}

/** Observes the callback of a query. @returns false if it has none */
function observeCallback(args: unknown[], observe: (...results: unknown[]) => void): boolean {
  const index = [2, 1].find((i) => typeof args[i] === 'function');
  if (index !== undefined) {
    args[index] = observedCallback(args[index], observe);
    return true;
  }
  const command = Object(args[0]) as Command;
  if (typeof command.onResult !== 'function') return false;
  command.onResult = observedCallback(command.onResult, observe);
  return true;
}

function serverOf({ host, port, socketPath }: Config): SqlServer {
  if (typeof socketPath === 'string' && socketPath !== '') return { host: socketPath, port: 0 };
  return { host: textOr(host, 'localhost'), port: portOr(port, 3306) };
}

/** Rows that a query has returned or changed. Several statements have several results, each with its fields. */
function rowsOf(result: unknown, fields: unknown): number {
  if (!Array.isArray(result)) return numberOr(Object(result).affectedRows, 0);
  const isSeveral = Array.isArray(fields) && fields.some((one) => one === undefined || Array.isArray(one));
  return isSeveral ? result.reduce((sum: number, one) => sum + rowsOf(one, undefined), 0) : result.length;
}
