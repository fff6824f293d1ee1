import type { EventRule } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { sessionNamed } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { CliError } from '../errors.ts';
import { collect, eventRule, outputFormatOf, type RuleOptions, splitNames } from '../options.ts';

interface EnableEventOptions extends RuleOptions {
  readonly session?: string;
  readonly channel?: string;
  readonly all?: boolean;
}

export function addEnableEvent(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('enable-event')
    .description('record the events with these names; takes effect at once, also in running programs')
    .argument('[events]', "NAME[,NAME]…, PROVIDER:EVENT with * anywhere: 'shop:*'")
    .option('-u, --userspace', 'user-space domain (the only one)')
    .option('-a, --all', 'all events')
    .option('-c, --channel <channel>', 'channel (default: channel0, created when absent)')
    .option('-s, --session <session>', 'session (default: the current one)')
    .option('--loglevel <level>', 'only events at least this severe: emerg … info … debug, or 0 to 14')
    .option('--loglevel-only <level>', 'only events of exactly this log level')
    .option('-x, --exclude <names>', 'leave out NAME[,NAME]…, with * anywhere', collect)
    .addHelpText(
      'after',
      `
Examples:
  ringtail enable-event -u 'shop:*' --exclude 'shop:cache_*'
  ringtail enable-event -u -a --loglevel=warning`,
    );
  act(command, async (names: string | undefined, options: EnableEventOptions) => {
    const rules = patternsOf(names, options.all).map((pattern) => eventRule(pattern, options));
    const session = sessionNamed(context, options.session);
    const enabled = await withDaemon(context, async (client) => {
      const results: { rule: EventRule; channel: string }[] = [];
      for (const rule of rules) {
        results.push({ rule, channel: await client.enableEvent(session, rule, options.channel ?? null) });
      }
      return results;
    });
    report(context, outputFormatOf(command), { session, enabled }, () =>
      enabled.map(({ rule, channel }) => `ust event ${rule.pattern} created in channel ${channel}`).join('\n'),
    );
    return undefined;
  });
  return command;
}

function patternsOf(names: string | undefined, all: boolean | undefined): string[] {
  if (all && names === undefined) return ['*'];
  if (!all && names !== undefined) return splitNames(names);
  throw new CliError(
    'BAD_ARGUMENT',
    'give either event names or --all',
    "for example: ringtail enable-event -u 'shop:*'",
  );
}
