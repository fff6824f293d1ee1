import type { ThreadRegistry } from '../agent/thread-registry.ts';

/** The global object, where all copies of the tracer in a thread find the thread's registry. */
export type RegistryHolder = { [key: symbol]: ThreadRegistry | undefined };

/** @throws {TypeError} where the program has deleted `Symbol` */
export function registryKey(): symbol {
  return Symbol.for('ringtail.thread-registry.1');
}
