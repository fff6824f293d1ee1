import type { CommandServices } from './command-services.ts';
import type { SessionHandlers } from './handlers.ts';
import type { SessionWork } from './session-work.ts';

export function ruleCommands({ registry }: CommandServices, work: SessionWork) {
  return {
    'enable-event': (session, { channel, rule }) => {
      const { attributes } = registry.enableEvent(session, channel, rule);
      return work.changed(session, { channel: attributes.name });
    },
    'disable-event': (session, { channel, pattern }) =>
      work.changed(session, registry.disableEvent(session, channel, pattern)),
  } satisfies Partial<SessionHandlers>;
}
