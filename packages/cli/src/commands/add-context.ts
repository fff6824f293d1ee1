import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { DomainOfSession } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { domainWords } from '../listing/domain-words.ts';
import { addSessionOption, collect, outputFormatOf, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf, namedDomain } from '../options/domain-options.ts';
import { type OutputFormat, report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface AddContextOptions extends DomainOptions {
  readonly session?: string;
  readonly channel?: string;
  readonly type?: readonly string[];
  readonly list?: boolean;
}

/** Loggers whose flags LTTng's `add-context` has. */
const LOGGERS = ['jul', 'log4j'] as const;

export function addAddContext(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    addDomainOptions(
      program
        .command('add-context')
        .description('add context fields to every event of a channel, before the first start'),
      LOGGERS,
    ),
  )
    .option('-c, --channel <channel>', 'channel (default: all channels of the session)')
    .option('-t, --type <type>', 'TYPE[,TYPE]…, as --list names them; repeatable', collect)
    .option('--list', 'list all types')
    .addHelpText(
      'after',
      `
Examples:
  ringtail add-context -u -t vpid -t procname
  ringtail add-context -u -t cpu_id,async_id,callstack-js -c channel0
  ringtail add-context -u -t '$app.shop:user'`,
    );
  act(command, async (options: AddContextOptions) => {
    if (options.list) return await listContexts(context, outputFormatOf(command), options);
    const domain = domainOf(options, false, LOGGERS);
    const types = (options.type ?? []).flatMap(splitNames);
    if (types.length === 0) {
      throw new CliError('BAD_ARGUMENT', 'Missing mandatory -t TYPE', 'ringtail add-context --list names the types');
    }
    const attempts = new Attempts(context, command);
    const channel = options.channel ?? null;
    const result = await onSession(context, options.session, async (client, session) => {
      const held = await heldContexts(client, { session, domain }, channel);
      // New types are added together, all or none. Each type that a channel has already is refused by itself.
      const batches = [
        types.filter((type) => !held.has(type)),
        ...types.filter((type) => held.has(type)).map((type) => [type]),
      ];
      const added = new Set<string>();
      for (const batch of batches.filter(({ length }) => length > 0)) {
        const isAdded = await attempts.succeeds({ client, session, channel: options.channel }, () =>
          client.addContext(session, batch, channel, domain).catch((error: unknown) => {
            throw error instanceof CtlError && error.code === 'ALREADY_STARTED' ? startedOnce(error) : error;
          }),
        );
        if (isAdded) for (const type of batch) added.add(type);
      }
      return { session, domain, channel, contexts: types.map((context) => ({ success: added.has(context), context })) };
    });
    const { adjective } = domainWords(domain);
    const where = channel === null ? 'all channels' : `channel ${channel}`;
    report(context, attempts.format, { command: 'add-context', ...result }, () =>
      successLines(result.contexts, (added) => `${adjective} context ${added.context} added to ${where}`),
    );
    return attempts;
  });
  return command;
}

/** Types that all channels of the command have. */
async function heldContexts(
  client: SessionDaemonClient,
  { session, domain }: DomainOfSession,
  channel: string | null,
): Promise<ReadonlySet<string>> {
  const { domains } = await describeSession(client, session);
  const channels = domains.find((described) => described.domain === domain)?.channels ?? [];
  const asked = channel === null ? channels : channels.filter(({ name }) => name === channel);
  const [first, ...others] = asked.map(({ contexts }) => contexts);
  return new Set(first?.filter((type) => others.every((contexts) => contexts.includes(type))));
}

/** The daemon's code is a warning elsewhere; here, a context is missing. */
function startedOnce(error: CtlError): CtlError {
  return new CtlError('STARTED_ONCE', error.describe());
}

async function listContexts(context: Context, format: OutputFormat, options: AddContextOptions): Promise<undefined> {
  if (options.type !== undefined || options.channel !== undefined || options.session !== undefined) {
    throw new CliError('BAD_ARGUMENT', '--list goes without --type, --channel and --session');
  }
  const contexts = await withDaemon(context, (client) => client.listContexts(namedDomain(options)));
  report(context, format, { command: 'list-contexts', contexts }, (style) =>
    contexts
      .map(({ name, refused }) => (refused === null ? name : style.dim(`${name}  (not on this machine: ${refused})`)))
      .join('\n'),
  );
  return undefined;
}
