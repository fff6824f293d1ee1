import { debug } from '../host/debug.ts';
import { threadRegistry } from './registry.ts';

/** A context's value, recorded as an integer of 64 bits, a double, text, or nothing. */
export type ContextValue = bigint | boolean | number | string | null | undefined;

/** An `AsyncLocalStorage`, or another object with a current value. */
export interface ContextStore {
  getStore(): ContextValue;
}

/**
 * Defines the application context `$app.PROVIDER:NAME` in this thread, for channels that it is added to and for
 * filters.
 *
 * The source is read for every event that is recorded with the context, so it should be quick. Whole numbers and
 * booleans are recorded as integers, other numbers as doubles, an integer beyond 64 bits as text. Any other value is
 * recorded as nothing, as is a callback that throws. Events that the callback itself emits count as nested and are not
 * recorded. A later definition replaces an earlier one.
 *
 * Never throws. A name that cannot be recorded (letters, digits, `_`, `.`, `-`) is reported like a bad tracepoint.
 *
 * @example
 * const tenant = new AsyncLocalStorage<string>();
 * context('shop', 'tenant', tenant);
 * context('shop', 'open_carts', () => carts.size);
 */
export function context(provider: string, name: string, source: ContextStore | (() => ContextValue)): void {
  const read = typeof source === 'function' ? source : () => source.getStore();
  try {
    // The registry of an older copy of the tracer has no contexts.
    threadRegistry().context?.(provider, name, read);
  } catch (error) {
    debug(`context $app.${provider}:${name} is not defined`, error);
  }
}
