import { RINGTAIL_VERSION } from '@ringtail/base/version';
import type { EventSpec } from '@ringtail/ctf';
import { debug, reasonOf } from '../host/debug.ts';
import type { startThread } from '../agent/start-thread.ts';

/**
 * What several copies of the tracer in one JavaScript thread share: the first one loaded serves all.
 *
 * Its shape is an interface between versions of Ringtail: it may grow under this symbol, or change under another.
 */
export interface ThreadRegistry {
  readonly version: string;
  /** Declares an event and returns its tracepoint function. */
  declare(spec: EventSpec): unknown;
  /** Takes back tracepoints: they do nothing any more, and no list has them. Absent in the first versions. */
  withdraw?(tracepoints: readonly unknown[]): void;
  /** Defines `$app.PROVIDER:NAME`. Absent in the first versions. */
  context?(provider: string, name: string, read: () => unknown): void;
  /** Why nothing can be recorded in this thread, or undefined. */
  readonly inoperative: string | undefined;
}

let registry: ThreadRegistry | undefined;

/** The registry of this thread, made (and registered with the daemons) at the first call. Never throws. */
export function threadRegistry(): ThreadRegistry {
  registry ??= sharedRegistry();
  return registry;
}

function sharedRegistry(): ThreadRegistry {
  try {
    const key = Symbol.for('ringtail.thread-registry.1');
    const holder = globalThis as { [key: symbol]: ThreadRegistry | undefined };
    return holder[key] ?? startRegistry(holder, key);
  } catch (error) {
    return inoperativeRegistry(error);
  }
}

/**
 * Everything behind the programming interface is loaded here, not when the program imports the tracer, so that nothing
 * the tracer finds missing, forbidden or replaced ends the program. The tracer is published as one file
 * (tools/bundle-tracer.mjs), where this `require` runs a part of that file. The part that is loaded with the program, this
 * file and `api`, imports nothing of the other packages that does anything while it is loaded.
 */
function startRegistry(holder: object, key: symbol): ThreadRegistry {
  const machinery: { startThread: typeof startThread } = require('../agent/start-thread.ts');
  const started = machinery.startThread(RINGTAIL_VERSION);
  try {
    Object.defineProperty(holder, key, { value: started });
  } catch (error) {
    debug('other copies of the tracer in this thread register on their own', error);
  }
  return started;
}

function inoperativeRegistry(error: unknown): ThreadRegistry {
  const inoperative = `the tracer cannot start: ${reasonOf(error)}`;
  debug(inoperative);
  return { version: RINGTAIL_VERSION, declare: () => inertTracepoint(), inoperative };
}

/** Stands for a tracepoint that cannot be recorded. */
export function inertTracepoint(): unknown {
  const tracepoint = () => {};
  tracepoint.enabled = false;
  return tracepoint;
}
