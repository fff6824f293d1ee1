import type { CommandServices } from './command-services.ts';
import type { SessionHandlers } from './handlers.ts';
import type { SessionWork } from './session-work.ts';

export function channelCommands({ registry }: CommandServices, work: SessionWork) {
  return {
    'enable-channel': (session, { channel }) => {
      registry.enableChannel(session, channel);
      return work.changed(session, null);
    },
    'disable-channel': (session, { channel }) => {
      registry.disableChannel(session, channel);
      return work.changed(session, null);
    },
  } satisfies Partial<SessionHandlers>;
}
