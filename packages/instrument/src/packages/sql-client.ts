import { nowNs } from '../clock.ts';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { Tracer } from '../instrument.ts';
import { type Observer, observedCallback } from '../wrap.ts';
import { callerScope, withCallerScope } from './caller-scope.ts';

/** Where a client of a database is connected to. */
export interface SqlServer {
  readonly host: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

/** A pool of connections, when a program asks for one of them. */
export interface SqlPool {
  /** @param connection that the pool has given; undefined if it has given none */
  server(connection: unknown): SqlServer;
  connections(): number;
  /** Others that wait for a connection. */
  readonly waiting: number;
}

interface Acquisition {
  readonly pool: SqlPool;
  readonly startNs: number;
}

const SLOW_ACQUISITION_NS = 10e6;

/** Declares the events of a package's queries to a database, and of the waits for connections of its pools. */
export function sqlClient({ provider, u16, u32, u64, str }: Tracer, providerName: string) {
  const events = provider(providerName);
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

  const finishAcquisition = ({ pool, startNs }: Acquisition, error: unknown, connection: unknown) => {
    const durationNs = Math.max(0, nowNs() - startNs);
    const code = error == null ? '' : codeOf(error);
    const connections = pool.connections();
    const { host, port } = pool.server(connection);
    acquire(host, port, connections, pool.waiting, code, startNs, durationNs);
    if (durationNs >= SLOW_ACQUISITION_NS) {
      slowAcquire(host, port, connections, pool.waiting, code, startNs, durationNs);
    }
  };

  return {
    queries: [begin, end],
    /** With the begin of queries: only through its pool does a query know the request of its caller. */
    acquisitions: [acquire, slowAcquire, begin],

    /** @returns a function that reports the query's end, once */
    begin({ host, port }: SqlServer, database: string, text: string): (error: unknown, rows: number) => void {
      const id = nextId();
      const scope = callerScope();
      scope(() => begin(id, host, port, database, text));
      let hasEnded = false;
      return (error, rows) => {
        if (hasEnded) return;
        hasEnded = true;
        scope(() => end(id, rows, error == null ? '' : codeOf(error)));
      };
    },

    /** Observer of the method of a pool that gives a connection to a callback, or as a promise. */
    acquiring: (poolOf: (self: unknown) => SqlPool): Observer<Acquisition> => ({
      before(self, args) {
        const acquisition = { pool: poolOf(self), startNs: nowNs() };
        const [callback] = args;
        if (typeof callback === 'function') {
          const observed = observedCallback(callback, (error, connection) =>
            finishAcquisition(acquisition, error, connection),
          );
          args[0] = withCallerScope(observed as (...results: unknown[]) => unknown);
        }
        return acquisition;
      },
      settled: (acquisition, error, isFulfilled, connection) =>
        finishAcquisition(acquisition, isFulfilled ? undefined : (error ?? 'unknown'), connection),
    }),
  };
}

export function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

export function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' ? value : other;
}

export function portOr(value: unknown, other: number): number {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : other;
}
