/**
 * Events of the Node.js runtime, for programs that have no tracepoints.
 *
 * `@ringtail/tracer/register` loads this package where it is installed, before the program's first line.
 */
import { type InstrumentedThread, installInstruments } from './install-instruments.ts';
import type { Instrument, Tracer } from './instrument.ts';
import { bunyan } from './loggers/bunyan.ts';
import { consoleLogger } from './loggers/console.ts';
import { debug } from './loggers/debug.ts';
import { log4js } from './loggers/log4js.ts';
import { pino } from './loggers/pino.ts';
import { winston } from './loggers/winston.ts';
import { openTelemetryContexts } from './opentelemetry/contexts.ts';
import { openTelemetryLogs } from './opentelemetry/logs.ts';
import { openTelemetryMetrics } from './opentelemetry/metrics.ts';
import { openTelemetrySpans } from './opentelemetry/spans.ts';
import { graphql } from './packages/graphql.ts';
import { ioredis } from './packages/ioredis.ts';
import { mongodb } from './packages/mongodb.ts';
import { mysql2 } from './packages/mysql2.ts';
import { nats } from './packages/nats.ts';
import { pg } from './packages/pg.ts';
import { redis } from './packages/redis.ts';
import { installProbes } from './probes/install-probes.ts';
import type { ProbedThread } from './probes/probe.ts';
import { asyncResources, promises } from './runtime/async.ts';
import { childProcess } from './runtime/child-process.ts';
import { cpu } from './runtime/cpu/cpu.ts';
import { dns } from './runtime/dns.ts';
import { eventLoop } from './runtime/event-loop/event-loop.ts';
import { fs } from './runtime/fs.ts';
import { gc } from './runtime/gc.ts';
import { heap } from './runtime/heap.ts';
import { httpClient } from './runtime/http/http-client.ts';
import { httpServer } from './runtime/http/http-server.ts';
import { http2 } from './runtime/http/http2.ts';
import { modules } from './runtime/modules.ts';
import { net } from './runtime/net.ts';
import { processEvents } from './runtime/process.ts';
import { crypto, zlib } from './runtime/thread-pool.ts';
import { timers } from './runtime/timers.ts';
import { undici } from './runtime/undici.ts';
import { workers } from './runtime/workers.ts';

const INSTRUMENTS: Readonly<Record<string, Instrument>> = {
  httpServer,
  httpClient,
  http2,
  undici,
  net,
  dns,
  fs,
  timers,
  childProcess,
  zlib,
  crypto,
  eventLoop,
  gc,
  processEvents,
  modules,
  workers,
  promises,
  asyncResources,
  heap,
  cpu,
  openTelemetrySpans,
  openTelemetryLogs,
  openTelemetryMetrics,
  openTelemetryContexts,
  consoleLogger,
  pino,
  winston,
  bunyan,
  log4js,
  debug,
  pg,
  mysql2,
  ioredis,
  redis,
  mongodb,
  nats,
  graphql,
};

/** Declares the events of all instruments in this thread, and waits for probes. Never throws. */
export function install(tracer: Tracer, thread: InstrumentedThread & ProbedThread): void {
  installInstruments(INSTRUMENTS, tracer, thread);
  installProbes(tracer, thread);
}
