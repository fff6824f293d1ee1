import type { CommandHandlers } from '../clients/command-service.ts';
import type { ArchiveCommands } from './archive-commands.ts';
import type { CommandServices } from './command-services.ts';
import { daemonCommands } from './daemon-commands.ts';
import { diagnosisCommands } from './diagnosis-commands.ts';
import { domainCommands, domainQuestions } from './domain-commands.ts';
import type { SessionCommands } from './session-commands.ts';
import { triggerCommands } from './trigger-commands.ts';

export interface CommandGroups {
  readonly archives: ArchiveCommands;
  readonly sessions: SessionCommands;
}

/** The handlers of all commands. */
export function commandHandlers(services: CommandServices, { archives, sessions }: CommandGroups): CommandHandlers {
  return {
    onSession: {
      ...sessions.sessionHandlers(),
      ...archives.sessionHandlers(),
      ...domainCommands(services),
      ...diagnosisCommands(services),
    },
    onDaemon: {
      ...sessions.daemonHandlers(),
      ...daemonCommands(services),
      ...domainQuestions(services),
      ...triggerCommands(services),
    },
    published: () => services.domains.published(),
  };
}
