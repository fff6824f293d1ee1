import { contextSpec, type NamedFieldSpec } from '@ringtail/ctf';
import type { ContextSource } from './context-source.ts';

/** One context that the application defines, or may define later. */
interface Slot {
  read: () => unknown;
}

const slots = new Map<string, Slot>();
const nothing = () => undefined;

/**
 * Defines the source of `$app.PROVIDER:NAME`. A later definition replaces an earlier one.
 *
 * @returns false for names that no context can have
 */
export function defineApplicationContext(provider: string, name: string, read: () => unknown): boolean {
  const context = `$app.${provider}:${name}`;
  if (contextSpec(context)?.place !== 'event') return false;
  slotOf(context).read = read;
  return true;
}

/**
 * `$app.PROVIDER:NAME`: the value that the application's source returns; no value while there is no source, as in
 * LTTng. Encoders and filters treat an object as no value.
 */
export function applicationContext(name: string, field: NamedFieldSpec): ContextSource {
  const slot = slotOf(name);
  return {
    field,
    read() {
      try {
        return slot.read();
      } catch {
        return undefined;
      }
    },
  };
}

function slotOf(context: string): Slot {
  let slot = slots.get(context);
  if (slot === undefined) {
    slot = { read: nothing };
    slots.set(context, slot);
  }
  return slot;
}
