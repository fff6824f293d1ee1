import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { domainWords } from '../listing/domain-words.ts';
import { addSessionOption, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { onSession } from '../session/on-session.ts';

export function addDisableChannel(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    addDomainOptions(
      program
        .command('disable-channel')
        .description('disable channels: no event is recorded to them until they are enabled again')
        .argument('<channels>', 'NAME[,NAME]…'),
    ),
  ).addHelpText('after', '\nExample:\n  ringtail disable-channel -u channel0');
  act(command, async (names: string, options: DomainOptions & { session?: string }) => {
    const domain = domainOf(options);
    const attempts = new Attempts(context, command);
    const result = await onSession(context, options.session, async (client, session) => {
      const channels = [];
      for (const channel of splitNames(names)) {
        const place = { client, session, channel };
        const success = await attempts.succeeds(place, () => client.disableChannel(session, channel, domain));
        channels.push({ success, channel });
      }
      return { session, domain, channels };
    });
    const { adjective } = domainWords(domain);
    report(context, attempts.format, { command: 'disable-channel', ...result }, () =>
      successLines(
        result.channels,
        ({ channel }) => `${adjective} channel ${channel} disabled for session ${result.session}`,
      ),
    );
    return attempts;
  });
  return command;
}
