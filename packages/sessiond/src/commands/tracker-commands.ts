import type { CommandServices } from './command-services.ts';
import type { SessionHandlers } from './handlers.ts';
import type { SessionWork } from './session-work.ts';

export function trackerCommands({ registry }: CommandServices, work: SessionWork) {
  return {
    track: (session, { attribute, values }) => {
      registry.track(session, attribute, values);
      return work.changed(session, null);
    },
    untrack: (session, { attribute, values }) => {
      registry.untrack(session, attribute, values);
      return work.changed(session, null);
    },
  } satisfies Partial<SessionHandlers>;
}
