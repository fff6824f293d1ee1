import type { DomainName } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { ListedDomain } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { describeSessionList } from '../listing/describe-sessions.ts';
import { describeInstrumentation } from '../listing/describe-tracepoints.ts';
import { addListingOptions, type ListingOptions, listSession } from '../listing/list-session.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { namedDomains } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';

interface ListOptions extends ListingOptions {
  readonly fields?: boolean;
  readonly syscall?: boolean;
}

export function addList(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('list')
    .description('list sessions, or one session in detail, or with -u and -k the events that can be recorded')
    .argument('[session]', 'session to describe');
  addListingOptions(command)
    .option('-f, --fields', 'with -u or -k: the fields of each event too')
    .option('-S, --syscall', 'the system calls of the kernel')
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail list\n  ringtail list my-session\n  ringtail list my-session --channel=channel0\n  ringtail list -u --fields\n  ringtail list -k\n  ringtail list -k --syscall --fields',
    );
  act(command, async (name: string | undefined, given: ListOptions) => {
    const options = given.syscall ? { ...given, kernel: true } : given;
    if (name !== undefined) await listSession(context, command, name, options);
    else if (options.channel !== undefined || options.mapChannel !== undefined || options.domain)
      throw new CliError('BAD_ARGUMENT', 'name a session');
    else if (namedDomains(options).length > 0) await listInstrumentation(context, command, options);
    else await listSessions(context, command);
    return undefined;
  });
  return command;
}

async function listSessions(context: Context, command: Command): Promise<void> {
  const sessions = await withDaemon(context, (client) => client.listSessions());
  report(context, outputFormatOf(command), { command: 'list-sessions', sessions }, (style) =>
    describeSessionList(style, sessions, context.uid),
  );
}

async function listInstrumentation(context: Context, command: Command, options: ListOptions): Promise<void> {
  const format = outputFormatOf(command);
  const fields = options.fields === true;
  // JSON always has the fields; text and LTTng's machine interface have them with --fields only.
  const asked = { fields: fields || format === 'json', ...(options.syscall && { syscalls: true }) };
  const isOfCalls = (domain: DomainName) => domain === 'kernel' && options.syscall === true;
  const domains = await withDaemon(context, async (client) => {
    const listed: ListedDomain[] = [];
    for (const domain of namedDomains(options)) {
      const instrumentation = await client.listInstrumentation(domain, asked);
      listed.push({ domain, ...(isOfCalls(domain) && { syscalls: true }), ...instrumentation });
    }
    return listed;
  });
  report(context, format, { command: 'list-tracepoints', domains, fields }, (style) =>
    domains.map((domain) => describeInstrumentation(style, domain, fields)).join('\n'),
  );
}
