import type { CommandHandlers } from '../clients/command-service.ts';
import type { ArchiveCommands } from './archive-commands.ts';
import { channelCommands } from './channel-commands.ts';
import type { CommandServices } from './command-services.ts';
import { contextCommands, contextListCommands } from './context-commands.ts';
import { daemonCommands } from './daemon-commands.ts';
import { diagnosisCommands } from './diagnosis-commands.ts';
import { ruleCommands } from './rule-commands.ts';
import type { SessionCommands } from './session-commands.ts';
import type { SessionWork } from './session-work.ts';
import { trackerCommands } from './tracker-commands.ts';
import { mapCommands, triggerCommands } from './trigger-commands.ts';

export interface CommandGroups {
  readonly work: SessionWork;
  readonly archives: ArchiveCommands;
  readonly sessions: SessionCommands;
}

/** The handlers of all commands. */
export function commandHandlers(
  services: CommandServices,
  { work, archives, sessions }: CommandGroups,
): CommandHandlers {
  return {
    onSession: {
      ...sessions.sessionHandlers(),
      ...archives.sessionHandlers(),
      ...channelCommands(services, work),
      ...ruleCommands(services, work),
      ...contextCommands(services),
      ...trackerCommands(services, work),
      ...mapCommands(services),
      ...diagnosisCommands(services),
    },
    onDaemon: {
      ...sessions.daemonHandlers(),
      ...daemonCommands(services),
      ...contextListCommands(),
      ...triggerCommands(services),
    },
    published: () => services.publisher.published(),
  };
}
