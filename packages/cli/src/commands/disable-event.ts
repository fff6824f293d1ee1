import type { RuleType } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { domainWords } from '../listing/domain-words.ts';
import { addSessionOption, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf, LOGGERS } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { onSession } from '../session/on-session.ts';

interface DisableEventOptions extends DomainOptions {
  readonly session?: string;
  readonly channel?: string;
  readonly allEvents?: boolean;
  readonly all?: boolean;
  readonly tracepoint?: boolean;
  readonly syscall?: boolean;
  readonly probe?: boolean;
  readonly function?: boolean;
}

export function addDisableEvent(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    addDomainOptions(
      program
        .command('disable-event')
        .description('disable event rules; takes effect at once')
        .argument('[events]', 'NAME[,NAME]…, as given to enable-event'),
      LOGGERS,
    ),
  )
    .option('-a, --all-events', 'all rules of the channel')
    .option('-c, --channel <channel>', 'channel (default: channel0)')
    .option('--tracepoint', 'only rules for tracepoints')
    .option('--syscall', 'only rules for system calls of the kernel')
    .addOption(new Option('--all', 'the same as --all-events').hideHelp())
    .addOption(new Option('--probe', 'kernel only').hideHelp())
    .addOption(new Option('--function', 'kernel only').hideHelp())
    .addHelpText(
      'after',
      "\nExamples:\n  ringtail disable-event -u 'shop:*'\n  ringtail disable-event -u -a -c big\n  ringtail disable-event -k --syscall openat",
    );
  act(command, async (names: string | undefined, options: DisableEventOptions) => {
    const isKernels = options.syscall === true || options.probe === true || options.function === true;
    const domain = domainOf(options, isKernels, LOGGERS);
    const type = domain === 'kernel' ? typeOf(options) : undefined;
    const patterns = patternsOf(names, options.allEvents === true || options.all === true);
    const kind = domainWords(domain).adjective;
    const attempts = new Attempts(context, command);
    const result = await onSession(context, options.session, async (client, session) => {
      const events = [];
      for (const pattern of patterns) {
        const place = { client, session, channel: options.channel };
        const done = await attempts.try(place, () =>
          client.disableEvent(session, pattern, options.channel ?? null, domain, type),
        );
        events.push({ success: done !== undefined, channel: done?.channel ?? options.channel ?? null, pattern });
      }
      return { session, domain, events };
    });
    report(context, attempts.format, { command: 'disable-event', ...result }, () =>
      successLines(result.events, ({ pattern, channel }) =>
        pattern === null
          ? `All ${kind} events of type ${type ?? 'any'} are disabled in channel ${channel}`
          : `${kind} ${pattern} of type ${type ?? 'any'} disabled in channel ${channel} for session ${result.session}`,
      ),
    );
    return attempts;
  });
  return command;
}

/** As in LTTng, rules of any type without an option. */
function typeOf({ tracepoint, syscall, probe, function: isFunction }: DisableEventOptions): RuleType | undefined {
  if (syscall) return 'syscall';
  if (probe) return 'probe';
  if (isFunction) return 'function';
  return tracepoint ? 'tracepoint' : undefined;
}

/** Patterns of the rules; null for all rules. */
function patternsOf(names: string | undefined, all: boolean): (string | null)[] {
  if (all && names === undefined) return [null];
  if (!all && names !== undefined) return splitNames(names);
  throw new CliError(
    'BAD_ARGUMENT',
    names === undefined ? 'Missing event name(s).' : 'give either event names or --all-events',
    "for example: ringtail disable-event -u 'shop:*'",
  );
}
