import type { SessionDaemonClient } from '@ringtail/ctl';
import { groupNumber, userNumber } from '@ringtail/posix/accounts';
import type { DomainOfSession, TrackedAttribute } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { CommandResult } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { addSessionOption, splitNames } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, domainOf } from '../options/domain-options.ts';
import { report, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

/** An option without a value is `true`. */
interface TrackOptions extends DomainOptions {
  readonly session?: string;
  readonly all?: boolean;
  readonly vpid?: string | true;
  readonly pid?: string | true;
  readonly vuid?: string | true;
  readonly vgid?: string | true;
  readonly uid?: string | true;
  readonly gid?: string | true;
}

/** One value of one attribute; null for all values. */
interface Target {
  readonly attribute: TrackedAttribute;
  readonly text: string | null;
}

const NOUNS: Readonly<Record<TrackedAttribute, string>> = {
  vpid: 'virtual process ID',
  vuid: 'virtual user ID',
  vgid: 'virtual group ID',
  uid: 'user ID',
  gid: 'group ID',
};

type Verb = 'track' | 'untrack';

export function addTrack(program: Command, context: Context, act: Act): Command {
  return add(
    program,
    context,
    act,
    'track',
    'record only processes with these attributes, and with attributes that were added before',
  );
}

export function addUntrack(program: Command, context: Context, act: Act): Command {
  return add(program, context, act, 'untrack', 'stop recording processes with these attributes');
}

function add(program: Command, context: Context, act: Act, verb: Verb, description: string): Command {
  const command = addSessionOption(addDomainOptions(program.command(verb).description(description)))
    .option('--vpid [pids]', 'process IDs in the namespace of the process: PID[,PID]…')
    .addOption(new Option('-p, --pid [pids]', 'the same as --vpid'))
    .option('--vuid [users]', 'users by number or name: USER[,USER]…')
    .option('--vgid [groups]', 'groups by number or name: GROUP[,GROUP]…')
    .addOption(new Option('--uid [users]', 'users of the kernel domain').hideHelp())
    .addOption(new Option('--gid [groups]', 'groups of the kernel domain').hideHelp())
    .option('-a, --all', 'all values of the attributes that are named without values')
    .addHelpText(
      'after',
      `
Examples:
  ringtail ${verb} -u --vpid=4711,4712
  ringtail ${verb} -u --vuid=www-data
  ringtail ${verb} -u --vpid --all`,
    );
  act(command, async (options: TrackOptions) => {
    const named = domainOf(options);
    const domain = options.uid === undefined && options.gid === undefined ? named : 'kernel';
    const targets = targetsOf(options);
    const attempts = new Attempts(context, command);
    const result = await onSession(context, options.session, async (client, session) => {
      const { domains } = await describeSession(client, session);
      const part = domains.find((described) => described.domain === domain);
      // The daemon refuses a domain that it does not have, in its own words, before values are looked at.
      if (part === undefined) await client.listContexts(domain);
      const trackers = part?.trackers ?? {};
      const numbered = targets.map((target) => ({
        ...target,
        number: target.text === null ? null : numberOf(target.attribute, target.text),
      }));
      const done: TrackResult['targets'][number][] = [];
      for (const { attribute, text, number } of numbered) {
        if (number !== null) warnUnchanged(context, verb, attribute, text, trackers[attribute]?.includes(number));
        const success = await attempts.succeeds({ client, session }, () =>
          change(client, verb, { session, domain }, attribute, number),
        );
        done.push({ success, attribute, value: text });
      }
      return { session, domain, targets: done };
    });
    report(context, attempts.format, { command: verb, ...result }, () => describe({ command: verb, ...result }));
    return attempts;
  });
  return command;
}

type TrackResult = Extract<CommandResult, { command: Verb }>;

function change(
  client: SessionDaemonClient,
  verb: Verb,
  { session, domain }: DomainOfSession,
  attribute: TrackedAttribute,
  number: number | null,
): Promise<void> {
  const values = number === null ? null : [number];
  return verb === 'track'
    ? client.track(session, attribute, values, domain)
    : client.untrack(session, attribute, values, domain);
}

/** Warns of a command that changes nothing. */
function warnUnchanged(
  context: Context,
  verb: Verb,
  attribute: TrackedAttribute,
  text: string | null,
  has = false,
): void {
  if (verb === 'track' && has) warn(context, `${text} is already in the ${NOUNS[attribute]} inclusion set`);
  if (verb === 'untrack' && !has) warn(context, `${text} is not in the ${NOUNS[attribute]} inclusion set`);
}

function targetsOf(options: TrackOptions): Target[] {
  if (options.vpid !== undefined && options.pid !== undefined) {
    throw new CliError('BAD_ARGUMENT', '--pid and --vpid are the same: give one of them');
  }
  const given = [
    ['vpid', options.vpid ?? options.pid],
    ['vuid', options.vuid],
    ['vgid', options.vgid],
    ['uid', options.uid],
    ['gid', options.gid],
  ] as const;
  const targets = given.flatMap(([attribute, values]) =>
    values === undefined ? [] : targetsOfAttribute(attribute, values, options.all === true),
  );
  if (targets.length > 0) return targets;
  throw new CliError('BAD_ARGUMENT', 'At least one process attribute must be specified', 'for example: --vpid=4711');
}

function targetsOfAttribute(attribute: TrackedAttribute, values: string | true, all: boolean): Target[] {
  if (values === true && all) return [{ attribute, text: null }];
  if (values === true) {
    throw new CliError(
      'BAD_ARGUMENT',
      `No process attribute value specified for ${NOUNS[attribute]} tracker`,
      `write --${attribute}=VALUE, or --${attribute} --all`,
    );
  }
  if (all) throw new CliError('BAD_ARGUMENT', `--all goes with --${attribute} without values`);
  return splitNames(values).map((text) => ({ attribute, text }));
}

function numberOf(attribute: TrackedAttribute, text: string): number {
  if (attribute === 'vpid') {
    if (/^\d{1,10}$/.test(text)) return Number(text);
    throw new CliError('BAD_ARGUMENT', `"${text}" is no process id`);
  }
  const isUser = attribute === 'vuid' || attribute === 'uid';
  const number = isUser ? userNumber(text) : groupNumber(text);
  if (number !== undefined) return number;
  throw new CliError('NO_SUCH_USER', `${isUser ? 'User' : 'Group'} \`${text}\` was not found`);
}

function describe({ command, targets }: TrackResult): string {
  return successLines(targets, ({ attribute, value }) => {
    const noun = NOUNS[attribute];
    if (value === null) {
      const policy = command === 'track' ? 'include all' : 'exclude all';
      return `${noun[0]?.toUpperCase()}${noun.slice(1)} tracking policy set to \`${policy}\``;
    }
    return command === 'track'
      ? `Added ${value} to the ${noun} tracker inclusion set`
      : `Removed ${value} from the ${noun} tracker inclusion set`;
  });
}
