import { contextSpec, type NamedFieldSpec } from '@ringtail/ctf';
import type { ContextSource } from './context-source.ts';

/** One context that the application gives, or may give later. */
interface Slot {
  read: () => unknown;
}

const slots = new Map<string, Slot>();
const nothing = () => undefined;

/**
 * Says where `$app.PROVIDER:NAME` comes from; the last one who says so is asked.
 *
 * @returns false for names that no context can have
 */
export function defineApplicationContext(provider: string, name: string, read: () => unknown): boolean {
  const context = `$app.${provider}:${name}`;
  if (contextSpec(context)?.place !== 'event') return false;
  slotOf(context).read = read;
  return true;
}

/** `$app.PROVIDER:NAME`: what the application says, or nothing while it says nothing, as in LTTng. */
export function applicationContext(name: string, field: NamedFieldSpec): ContextSource {
  const slot = slotOf(name);
  return {
    field,
    read() {
      try {
        const value = slot.read();
        return typeof value === 'object' || typeof value === 'function' ? undefined : value;
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
