import { nowNs } from '../clock.ts';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { type Observer, observeAll, observedCallback } from '../wrap.ts';
import { inCallerScope, withCallerScope } from './caller-scope.ts';
import { beforeNextCall } from './observed-method.ts';
import { queryText } from './query-text.ts';

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

interface Acquisition {
  readonly pool: Pool;
  readonly startNs: number;
  readonly waiting: number;
}

const SLOW_ACQUISITION_NS = 10e6;

/** Queries of the package `pg` to PostgreSQL, and the waits for a connection of its pools. */
export function pg({ provider, u16, u32, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_pg');
  const begin = events.tracepoint(
    'query_begin',
    [
      ['call_id', u64],
      ['host', str],
      ['port', u16],
      ['database', str],
      ['query', str],
    ],
    { logLevel: 'info' },
  );
  const end = events.tracepoint(
    'query_end',
    [
      ['call_id', u64],
      ['rows', u32],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const declareAcquisition = (name: string, logLevel: 'info' | 'debug') =>
    events.tracepoint(
      name,
      [
        ['host', str],
        ['port', u16],
        ['connections', u32],
        ['waiting', u32],
        ['error', str],
        ['start_ns', u64],
        ['duration_ns', u64],
      ],
      { logLevel },
    );
  const acquire = declareAcquisition('acquire', 'debug');
  const slowAcquire = declareAcquisition('slow_acquire', 'info');
  const nextId = identifiers();

  const query: Observer<(error: unknown, result: unknown) => void> = {
    before(self, args) {
      const id = nextId();
      const { host, port, database } = Object(self) as Client;
      const text = queryText(textOf(args[0]), 'postgresql');
      inCallerScope(() => begin(id, textOr(host, ''), portOr(port, 5432), textOr(database, ''), text));
      let hasEnded = false;
      const finish = (error: unknown, result: unknown) => {
        if (hasEnded) return;
        hasEnded = true;
        end(id, rowsOf(result), error == null ? '' : codeOf(error));
      };
      observeEnd(args, finish);
      return finish;
    },
    threw: (finish, error) => finish(error, undefined),
    settled: (finish, error, isFulfilled, result) => finish(isFulfilled ? undefined : (error ?? 'unknown'), result),
  };

  const finishAcquisition = ({ pool, startNs, waiting }: Acquisition, error: unknown) => {
    const durationNs = Math.max(0, nowNs() - startNs);
    const { host, port } = Object(pool.options) as Client;
    const place = [textOr(host, 'localhost'), portOr(port, 5432)] as const;
    const code = error == null ? '' : codeOf(error);
    const connections = numberOr(pool.totalCount, 0);
    acquire(...place, connections, waiting, code, startNs, durationNs);
    if (durationNs >= SLOW_ACQUISITION_NS) {
      slowAcquire(...place, connections, waiting, code, startNs, durationNs);
    }
  };
  const connect: Observer<Acquisition> = {
    before(self, args) {
      const pool = self as Pool;
      const acquisition = { pool, startNs: nowNs(), waiting: numberOr(pool.waitingCount, 0) };
      const [callback] = args;
      if (typeof callback === 'function') {
        const observed = observedCallback(callback, (error) => finishAcquisition(acquisition, error));
        args[0] = withCallerScope(observed as (...results: unknown[]) => unknown);
      }
      return acquisition;
    },
    settled: (acquisition, error, isFulfilled) =>
      finishAcquisition(acquisition, isFulfilled ? undefined : (error ?? 'unknown')),
  };

  return [
    {
      tracepoints: [begin, end],
      install: () =>
        changeModule({
          packageName: 'pg',
          file: 'lib/client.js',
          change: ({ prototype }) => observeAll([{ holder: prototype, name: 'query', observer: query }]),
        }),
    },
    {
      // Also for queries: only through connect() does a query of a pool know the request of its caller.
      tracepoints: [acquire, slowAcquire, begin],
      install: () =>
        changeModule({
          packageName: 'pg-pool',
          file: 'index.js',
          change: ({ prototype }) => observeAll([{ holder: prototype, name: 'connect', observer: connect }]),
        }),
    },
  ];
}

/** Observes the end of a query that does not return a promise. */
function observeEnd(args: unknown[], finish: (error: unknown, result: unknown) => void): void {
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

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' ? value : other;
}

function portOr(value: unknown, other: number): number {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : other;
}
