import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, namedDomain } from '../options/domain-options.ts';
import { parseTimerUs } from '../options/unit-hints.ts';
import { formatBytes } from '../output/quantity.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { onSession } from '../session/on-session.ts';

interface ReclaimOptions extends DomainOptions {
  readonly session?: string;
  readonly all?: boolean;
  readonly olderThan?: string;
}

export function addReclaimMemory(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    addDomainOptions(
      program
        .command('reclaim-memory')
        .description('give back the memory of sub-buffers that the consumer has taken')
        .argument('[channels...]', 'channels (default: all of the session)'),
    ),
  )
    .option('-a, --all', 'all channels of the session')
    .option(
      '--older-than <age>',
      'least age of the newest event in a sub-buffer: microseconds, or with us, ms, s, m or h',
    )
    .addOption(new Option('-n, --no-wait', 'accepted for scripts'))
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail reclaim-memory -u -a\n  ringtail reclaim-memory -u big --older-than=30s',
    );
  readOptionsAsArgpar(command);
  act(command, async (channels: string[], options: ReclaimOptions) => {
    const domain = namedDomain(options) ?? 'user';
    if (options.all && channels.length > 0) throw new CliError('BAD_ARGUMENT', 'give either channels or --all');
    const olderThanUs = options.olderThan === undefined ? 0 : parseTimerUs(context, '--older-than', options.olderThan);
    const result = await onSession(context, options.session, async (client, session) => ({
      session,
      domain,
      bytes: await client.reclaimMemory(session, olderThanUs, channels.length === 0 ? null : channels, domain),
    }));
    report(
      context,
      outputFormatOf(command),
      { command: 'reclaim-memory', ...result },
      () => `${formatBytes(result.bytes)} of memory given back for session ${result.session}`,
    );
    return undefined;
  });
  return command;
}
