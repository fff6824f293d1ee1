import { debug } from '../host/debug.ts';
import { threadRegistry } from './registry.ts';

/** What a context can be recorded as: an integer of 64 bits, a double, text, or nothing. */
export type ContextValue = bigint | boolean | number | string | null | undefined;

/** An `AsyncLocalStorage`, or anything else with a current value. */
export interface ContextStore {
  getStore(): ContextValue;
}

/**
 * Defines the application context `$app.PROVIDER:NAME` in this thread, for channels that it is added to and for filters.
 *
 * It is asked for every event that is recorded with it, so it should be quick. Whole numbers and booleans are recorded as
 * integers, other numbers as doubles; an integer beyond 64 bits as text; anything else as nothing, and so is a callback that
 * throws. Events that the callback itself sets off are counted as nested and not recorded. Defined again, the newest counts.
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
    // A registry that an older copy of the tracer made knows no contexts.
    threadRegistry().context?.(provider, name, read);
  } catch (error) {
    debug(`context $app.${provider}:${name} is not defined`, error);
  }
}
