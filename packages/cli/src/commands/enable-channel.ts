import { cpus } from 'node:os';
import { type ChannelAttributes, DEFAULT_CHANNEL, type DomainName, defaultKernelChannel } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { domainWords } from '../listing/domain-words.ts';
import { addFullChannelOptions, channelAttributes, type FullChannelOptions } from '../options/channel-options.ts';
import { addSessionOption, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface EnableChannelOptions extends FullChannelOptions, DomainOptions {
  readonly session?: string;
  readonly output?: 'mmap' | 'splice';
}

export function addEnableChannel(program: Command, context: Context, act: Act): Command {
  const command = addFullChannelOptions(
    addSessionOption(
      addDomainOptions(
        program
          .command('enable-channel')
          .description(
            'create channels, which own ring buffers of a size and event-loss mode, or enable disabled channels',
          )
          .argument('<channels>', 'NAME[,NAME]…'),
      ),
    ),
  ).addHelpText(
    'after',
    `
Examples:
  ringtail enable-channel -u --subbuf-size=4M --num-subbuf=8 big
  ringtail enable-channel -u --tracefile-size=100M --tracefile-count=5 last-half-gigabyte
  ringtail enable-channel -k --subbuf-size=256k --num-subbuf=64 busy`,
  );
  act(command, async (names: string, options: EnableChannelOptions) => {
    const domain = domainOf(options);
    const attempts = new Attempts(context, command);
    const result = await onSession(context, options.session, async (client, session) => {
      const { snapshot } = await describeSession(client, session);
      const attributes = channelAttributes(context, '', options, snapshot, defaultsOf(domain));
      const channels = [];
      for (const name of splitNames(names)) {
        const channel = { ...attributes, name, ...(options.output === 'splice' && { output: options.output }) };
        const place = { client, session };
        const success = await attempts.succeeds(place, () => client.enableChannel(session, channel, domain));
        channels.push({ success, channel });
      }
      return { session, domain, channels };
    });
    const { adjective } = domainWords(domain);
    report(context, attempts.format, { command: 'enable-channel', ...result }, () =>
      successLines(
        result.channels,
        ({ channel }) => `${adjective} channel ${channel.name} enabled for session ${result.session}`,
      ),
    );
    return attempts;
  });
  return command;
}

/** Channels of the kernel have smaller sub-buffers, for each CPU. */
function defaultsOf(domain: DomainName): ChannelAttributes {
  return domain === 'kernel' ? defaultKernelChannel(cpus().length) : DEFAULT_CHANNEL;
}
