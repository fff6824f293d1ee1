// Not imported by the name `createRequire`, which bundlers follow.
import module from 'node:module';
import { dirname, join } from 'node:path';
import type { ThreadRegistry } from '../agent/thread-registry.ts';
import { debug } from '../host/debug.ts';
import { type RegistryHolder, registryKey } from './registry-key.ts';

interface Instruments {
  install(tracer: object, thread: ThreadRegistry): void;
}

/**
 * Installs the instruments of the runtime in this thread, once. Never throws.
 *
 * `RINGTAIL_INSTRUMENT=0` leaves them out.
 *
 * @param tracer the public interface of this tracer
 */
export function loadInstruments(tracer: object): void {
  try {
    if (process.env.RINGTAIL_INSTRUMENT === '0') return;
    const registry = (globalThis as unknown as RegistryHolder)[registryKey()];
    // The registry of an older copy of the tracer cannot watch tracepoints.
    if (registry?.watch === undefined || registry.isInstrumented) return;
    const instruments = findInstruments();
    if (instruments === undefined) return;
    registry.isInstrumented = true;
    instruments.install(tracer, registry);
  } catch (error) {
    debug('the instruments of the runtime are not installed', error);
  }
}

/**
 * The instruments beside this file, as in the package `ringtail`; else those that are installed for this package or for
 * the program's main module.
 */
function findInstruments(): Instruments | undefined {
  const here = import.meta.url ?? __filename;
  const [, main] = process.argv;
  return (
    requireFrom(here, './instrument.cjs') ??
    requireFrom(here, '@ringtail/instrument') ??
    (main === undefined ? undefined : requireFrom(join(dirname(main), 'main.js'), '@ringtail/instrument'))
  );
}

/** @returns undefined if there is no such module */
function requireFrom(file: string, name: string): Instruments | undefined {
  const require = module.createRequire(file);
  let path: string;
  try {
    path = require.resolve(name);
  } catch {
    return undefined;
  }
  return require(path) as Instruments;
}
