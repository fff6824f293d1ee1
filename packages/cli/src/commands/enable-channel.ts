import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { sessionNamed } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { addChannelOptions, type ChannelOptions, channelAttributes, outputFormatOf, splitNames } from '../options.ts';

interface EnableChannelOptions extends ChannelOptions {
  readonly session?: string;
}

export function addEnableChannel(program: Command, context: Context, act: Act): Command {
  const command = addChannelOptions(
    program
      .command('enable-channel')
      .description('create channels: ring buffers with their sizes and what happens when they are full')
      .argument('<channels>', 'NAME[,NAME]…')
      .option('-u, --userspace', 'user-space domain (the only one)')
      .option('-s, --session <session>', 'session (default: the current one)'),
  ).addHelpText('after', '\nExample:\n  ringtail enable-channel -u --subbuf-size=4M --num-subbuf=8 big');
  act(command, async (names: string, options: EnableChannelOptions) => {
    const session = sessionNamed(context, options.session);
    const channels = splitNames(names).map((name) => channelAttributes(context, name, options));
    await withDaemon(context, async (client) => {
      for (const channel of channels) await client.enableChannel(session, channel);
    });
    report(context, outputFormatOf(command), { session, channels }, () =>
      channels.map((channel) => `ust channel ${channel.name} enabled for session ${session}`).join('\n'),
    );
    return undefined;
  });
  return command;
}
