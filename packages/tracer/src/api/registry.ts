import { RINGTAIL_VERSION } from '@ringtail/base/version';
import { inertTracepoint } from '../agent/inert-tracepoint.ts';
import type { ThreadRegistry } from '../agent/thread-registry.ts';
import { debug, reasonOf } from '../host/debug.ts';
import { type RegistryHolder, registryKey } from './registry-key.ts';

let registry: ThreadRegistry | undefined;

/**
 * The registry of this thread. The first call makes it and registers the thread with the session daemons. Never throws.
 */
export function threadRegistry(): ThreadRegistry {
  registry ??= sharedRegistry();
  return registry;
}

/** Several copies of the tracer in one thread share the registry of the first. */
function sharedRegistry(): ThreadRegistry {
  try {
    const key = registryKey();
    const holder = globalThis as unknown as RegistryHolder;
    return holder[key] ?? startRegistry(holder, key);
  } catch (error) {
    return inoperativeRegistry(error);
  }
}

/**
 * Loads everything behind the programming interface, guarded by `try`: whatever the tracer finds missing, forbidden or
 * replaced does not end the program.
 *
 * The tracer is published as one file (tools/bundle-tracer.mjs), where this `require` runs a part of that file. The
 * other part, `api` and the modules that it imports, is loaded with the program: none of them does anything while it is
 * loaded.
 */
function startRegistry(holder: object, key: symbol): ThreadRegistry {
  const machinery: { startThread(version: string): ThreadRegistry } = require('../agent/start-thread.ts');
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
