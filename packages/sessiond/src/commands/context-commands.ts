import { contextRefusal, isKnownContext, knownContexts } from '../domains/user/context-check.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { CommandServices } from './command-services.ts';
import type { DaemonHandlers, SessionHandlers } from './handlers.ts';

export function contextListCommands() {
  return {
    'list-contexts': () => knownContexts().map((name) => ({ name, refused: contextRefusal(name) })),
  } satisfies Partial<DaemonHandlers>;
}

export function contextCommands({ registry }: CommandServices) {
  return {
    // A context field that cannot be had is refused now: an application could only leave it out in silence.
    'add-context': (session, { channel, contexts }) => {
      for (const context of contexts) {
        const refusal = contextRefusal(context);
        if (refusal === null) continue;
        const code = isKnownContext(context) ? 'BAD_CONTEXT' : 'UNKNOWN_CONTEXT';
        throw new DaemonError(code, `${context}: ${refusal}`);
      }
      const added = registry.addContexts(session, channel, contexts);
      return { channels: added.map(({ attributes }) => attributes.name) };
    },
  } satisfies Partial<SessionHandlers>;
}
