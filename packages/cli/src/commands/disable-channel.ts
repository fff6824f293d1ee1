import type { Command } from 'commander';
import { domainWords } from '../listing/domain-words.ts';
import { addSessionOption, outputFormatOf, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
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
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const result = await onSession(context, options.session, async (client, session) => {
      const channels = [];
      for (const channel of splitNames(names)) {
        const done = await attempts.try({ client, session, channel }, async () => {
          await client.disableChannel(session, channel, domain);
          return true;
        });
        channels.push({ success: done === true, channel });
      }
      return { session, domain, channels };
    });
    const disabled = result.channels.filter(({ success }) => success);
    report(context, format, { command: 'disable-channel', ...result }, () =>
      disabled
        .map(
          ({ channel }) => `${domainWords(domain).adjective} channel ${channel} disabled for session ${result.session}`,
        )
        .join('\n'),
    );
    return attempts;
  });
  return command;
}
