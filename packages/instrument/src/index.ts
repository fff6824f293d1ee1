/**
 * Events of the Node.js runtime, for programs that have no tracepoints.
 *
 * `@ringtail/tracer/register` loads this package where it is installed, before the program's first line.
 */
import { type InstrumentedThread, installInstruments } from './install-instruments.ts';
import type { Instrument, Tracer } from './instrument.ts';
import { dns } from './runtime/dns.ts';
import { eventLoop } from './runtime/event-loop/event-loop.ts';
import { gc } from './runtime/gc.ts';
import { httpClient } from './runtime/http/http-client.ts';
import { httpServer } from './runtime/http/http-server.ts';
import { net } from './runtime/net.ts';
import { undici } from './runtime/undici.ts';

const INSTRUMENTS: Readonly<Record<string, Instrument>> = { httpServer, httpClient, undici, net, dns, eventLoop, gc };

/** Declares the events of all instruments in this thread. Never throws. */
export function install(tracer: Tracer, thread: InstrumentedThread): void {
  installInstruments(INSTRUMENTS, tracer, thread);
}
