import type { SessionDaemonClient } from '@ringtail/ctl';
import type { DomainName, RecordingRule, RuleType } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { lackingField } from '../diagnosis/diagnose-rules.ts';
import { fieldsAskedFor } from '../diagnosis/filter-fields.ts';
import { CliError } from '../errors/cli-error.ts';
import { domainWords } from '../listing/domain-words.ts';
import { addSessionOption, collect, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf, LOGGERS, namedDomain } from '../options/domain-options.ts';
import { type ProbeOptions, probeRule } from '../options/probe-options.ts';
import { eventRule } from '../options/rule-options.ts';
import { report, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { onSession } from '../session/on-session.ts';

interface EnableEventOptions extends ProbeOptions, DomainOptions {
  readonly session?: string;
  readonly channel?: string;
  readonly all?: boolean;
  readonly tracepoint?: boolean;
  readonly syscall?: boolean;
  readonly userspaceProbe?: string;
}

export function addEnableEvent(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    addDomainOptions(
      program
        .command('enable-event')
        .description('create or enable event rules; takes effect at once, also in running programs')
        .argument(
          '[events]',
          "NAME[,NAME]…, with * anywhere: PROVIDER:EVENT as in 'shop:*', names of loggers or of the kernel's events",
        ),
      LOGGERS,
    ),
  )
    .option('-a, --all', 'all events, as with the name *')
    .option('-c, --channel <channel>', 'channel (default: channel0, of loggers their domain, created when absent)')
    .option('--tracepoint', 'rules for tracepoints, the usual type of rule')
    .option('--probe <place>', 'event before the statement at FILE:LINE, called probe:NAME; also in running programs')
    .option('--function <name>', "events of a function's begin and end: [FILE:]NAME as in 'Cart.prototype.add'")
    .option('--capture <list>', "values that a probe records: 'user.id, count = items.length'", collect)
    .option('--capture-locals', 'the probe also records all variables of the function')
    .option('--capture-depth <levels>', 'levels of objects and lists in a recorded value, 0 to 8 (default: 3)')
    .option('--capture-length <characters>', 'length of a recorded value, 16 to 4096 (default: 1024)')
    .option('--expire <age>', 'age at which programs remove the probe; with s, m, h, d or w (default: 1d)')
    .option(
      '--loglevel <level>',
      'only events at least this severe: emerg … info … debug, 0 to 14, the name of a level of the logger, or a range',
    )
    .addOption(new Option('--loglevel-only <level>', 'only events of exactly this log level').conflicts('loglevel'))
    .option('-f, --filter <expression>', "condition on events, in LTTng's filter language")
    .option('-x, --exclude <names>', 'excluded events: NAME[,NAME]…, with * anywhere', collect)
    .option('--syscall', 'system calls of the kernel, by their names (default: all)')
    .addOption(new Option('--userspace-probe <location>', 'kernel only').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  ringtail enable-event -u 'shop:*' --exclude 'shop:cache_*'
  ringtail enable-event -u -a --loglevel=warning
  ringtail enable-event --console -a --loglevel=warn
  ringtail enable-event --pino shop --loglevel=debug
  ringtail enable-event -u shop:order --filter 'total > 100 && $ctx.procname == "web*"'
  ringtail enable-event --probe src/cart.js:42 --capture 'user.id, items.length' cart_add
  ringtail enable-event --probe src/cart.js:42 --capture-locals --capture-depth 1 cart_add
  ringtail enable-event --function 'Cart.prototype.add' cart_add
  ringtail enable-event -k 'sched_*,irq_*'
  ringtail enable-event -k --syscall openat,read,write`,
    );
  act(command, async (names: string | undefined, options: EnableEventOptions) => {
    const isKernels = options.syscall !== undefined || options.userspaceProbe !== undefined;
    const domain = isProbe(options) ? domainOfProbe(options) : domainOf(options, isKernels, LOGGERS);
    const rules = rulesOf(names, options, domain);
    const attempts = new Attempts(context, command);
    const result = await onSession(context, options.session, async (client, session) => {
      const events = [];
      for (const rule of rules) {
        const place = { client, session, channel: options.channel };
        const channel = await attempts.try(place, () =>
          client.enableEvent(session, rule, options.channel ?? null, domain),
        );
        if (channel !== undefined && domain === 'user') await warnOfFields(context, client, { session, channel, rule });
        events.push({ success: channel !== undefined, channel: channel ?? options.channel ?? null, rule });
      }
      return { session, domain, events };
    });
    const { adjective } = domainWords(domain);
    report(context, attempts.format, { command: 'enable-event', ...result }, () =>
      successLines(result.events, ({ rule, channel }) =>
        describeEnabled({ domain, adjective }, rule, channel, rule.pattern === '*' && names === undefined),
      ),
    );
    return attempts;
  });
  return command;
}

function isProbe(options: EnableEventOptions): boolean {
  return options.probe !== undefined || options.function !== undefined;
}

/** Warns of a filter with a field that no event of the registered programs has. Later programs may have it. */
async function warnOfFields(
  context: Context,
  client: SessionDaemonClient,
  { session, channel, rule }: { readonly session: string; readonly channel: string; readonly rule: RecordingRule },
): Promise<void> {
  if (rule.filter === undefined || fieldsAskedFor(rule.filter).length === 0) return;
  const applications = await client.listApplications().catch(() => []);
  const tracepoints = applications.flatMap((application) => application.tracepoints);
  const finding = lackingField({ channel, rule: { ...rule, enabled: true } }, { session, tracepoints });
  if (finding === undefined) return;
  warn(context, [finding.what, ...finding.evidence, `next: ${finding.nextStep}`].join('\n'));
}

/** A probe is one of a program, unless the command names another domain. */
function domainOfProbe(options: EnableEventOptions): DomainName {
  return namedDomain(options) ?? 'user';
}

function rulesOf(names: string | undefined, options: EnableEventOptions, domain: DomainName): RecordingRule[] {
  const { capture, captureLocals, captureDepth, captureLength, expire, all } = options;
  const patterns = patternsOf(names, all || (domain === 'kernel' && options.syscall === true && names === undefined));
  const type = domain === 'kernel' ? kernelTypeOf(options) : undefined;
  if (!isProbe(options)) {
    const ofProbes = { capture, captureLocals, captureDepth, captureLength, expire };
    if (Object.values(ofProbes).every((option) => option === undefined))
      return patterns.map((pattern) => ({
        ...eventRule(pattern, options, domain),
        ...(type !== undefined && { type }),
      }));
    const message = 'options of captures and --expire go with --probe or --function';
    throw new CliError('BAD_ARGUMENT', message, 'for example: --probe src/cart.js:42');
  }
  if (domain !== 'user' && domain !== 'kernel') {
    throw new CliError('BAD_ARGUMENT', `the domain ${domain} has no probes`, 'probes of programs: -u');
  }
  // The session daemon refuses these.
  if (domain === 'kernel') {
    return patterns.map((pattern) => ({ ...eventRule(pattern, options, domain), ...(type !== undefined && { type }) }));
  }
  const [name, ...others] = patterns;
  if (all || name === undefined || others.length > 0) {
    throw new CliError('BAD_ARGUMENT', 'a probe has one name', 'for example: --probe src/cart.js:42 cart_add');
  }
  return [probeRule(name, options, Date.now())];
}

/** As in LTTng, names are those of tracepoints, and `--all` means system calls too. */
function kernelTypeOf(options: EnableEventOptions): RuleType | undefined {
  if (options.probe !== undefined) return 'probe';
  if (options.function !== undefined) return 'function';
  if (options.userspaceProbe !== undefined) return 'userspace-probe';
  if (options.syscall) return options.tracepoint ? 'all' : 'syscall';
  return options.all && !options.tracepoint ? 'all' : undefined;
}

function patternsOf(names: string | undefined, all: boolean | undefined): string[] {
  if (all && names === undefined) return ['*'];
  if (!all && names !== undefined) return splitNames(names);
  throw new CliError(
    'BAD_ARGUMENT',
    names === undefined ? 'Missing event name(s).' : 'give either event names or --all',
    "for example: ringtail enable-event -u 'shop:*'",
  );
}

/** LTTng's message, which differs for a rule with a filter. */
function describeEnabled(
  { domain, adjective: kind }: { readonly domain: DomainName; readonly adjective: string },
  rule: RecordingRule,
  channel: string | null,
  all: boolean,
): string {
  if (rule.filter !== undefined) return `Event ${rule.pattern}: Filter '${rule.filter}' successfully set`;
  const without = rule.exclude === undefined ? '' : ` excluding ${rule.exclude.map((name) => `"${name}"`).join(', ')}`;
  return all
    ? `All ${kind} ${domain === 'kernel' ? nounOf(rule) : 'events'}${without} are enabled in channel ${channel}`
    : `${kind} event ${rule.pattern}${without} created in channel ${channel}`;
}

function nounOf({ type = 'tracepoint' }: RecordingRule): string {
  if (type === 'syscall') return 'system calls';
  return type === 'tracepoint' ? 'tracepoints' : 'events';
}
