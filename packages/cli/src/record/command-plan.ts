import type { SessionDaemonClient } from '@ringtail/ctl';
import type { ChannelAttributes, ClockKind, EventRule } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { isRunning } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { type ChannelOptions, channelAttributes } from '../options/channel-options.ts';
import { clockOption, collect, outputFormatOf, settingsOption, splitNames } from '../options/common-options.ts';
import { profileOption } from '../options/profile-option.ts';
import { eventRule } from '../options/rule-options.ts';
import type { OutputFormat } from '../output/report.ts';
import { resolveCommand } from '../program/resolve-command.ts';
import type { RecordingSettings } from '../settings/parse-settings.ts';
import { readSettings, type SettingsName } from '../settings/read-settings.ts';
import { traceNameOf } from './trace-name.ts';

/** Provider of the state dump of programs. */
const STATEDUMP_PROVIDER = 'ringtail_statedump:';
/** Settings of a recording without options. */
const SETTINGS: SettingsName = 'default';
/** Events of `--profile`. */
const PROFILE_RULE = 'node_cpu:*';

/** Options of commands that run a command and record it. */
export interface CommandOptions extends ChannelOptions {
  readonly output?: string;
  readonly userspace?: readonly string[];
  readonly loglevel?: string;
  readonly settings?: readonly string[];
  /** CPU samples a second. */
  readonly profile?: number;
  readonly clock: ClockKind;
}

/** A command to run and record. */
export interface CommandPlan {
  /** The command as the user wrote it. */
  readonly words: readonly [string, ...string[]];
  /** Path of the command. */
  readonly path: string;
  /** Name of the trace without its time. */
  readonly name: string;
  readonly rules: readonly EventRule[];
  /** Context fields of all events. */
  readonly contexts: readonly string[];
  /** CPU samples a second of `--profile`. */
  readonly profileHertz: number | undefined;
  readonly channel: ChannelAttributes;
  readonly clock: ClockKind;
  readonly format: OutputFormat;
}

/** Adds the options of `CommandOptions`, except those of the channel and the output. */
export function addCommandOptions(command: Command): Command {
  return command
    .option(
      '-u, --userspace <rule>',
      'recorded events, by name with * anywhere; repeatable (default: those of --settings=default)',
      collect,
    )
    .option('-l, --loglevel <level>', 'only events of -u at least this severe: emerg … info … debug, or 0 to 14')
    .addOption(settingsOption())
    .addOption(profileOption())
    .addOption(clockOption());
}

export function commandPlan(
  context: Context,
  command: Command,
  words: readonly [string, ...string[]],
  options: CommandOptions,
  isSnapshot = false,
): CommandPlan {
  return {
    words,
    path: resolveCommand(context, words[0]),
    name: traceNameOf(words, context.cwd),
    ...recordedOf(context, options),
    profileHertz: options.profile,
    channel: channelAttributes(context, 'channel0', options, isSnapshot),
    clock: options.clock,
    format: outputFormatOf(command),
  };
}

/**
 * What a recording records: the settings and the rules of its options, without any `--settings=default`. A name pattern
 * with `*` includes the state dump only if it names its provider.
 */
function recordedOf(context: Context, { settings, userspace, loglevel, profile }: CommandOptions): RecordingSettings {
  if (settings !== undefined && loglevel !== undefined && userspace === undefined) {
    throw new CliError('BAD_ARGUMENT', '--loglevel is for the events of -u; settings have log levels of their own');
  }
  const hasRules = userspace !== undefined || loglevel !== undefined;
  const { rules, contexts } = readSettings(context, settings ?? (hasRules ? [] : [SETTINGS]));
  const named = hasRules ? namedRules(userspace ?? ['*'], loglevel) : [];
  const profiled = profile === undefined ? [] : [eventRule(PROFILE_RULE, {})];
  return { rules: [...rules, ...named, ...profiled], contexts };
}

function namedRules(patterns: readonly string[], loglevel: string | undefined): EventRule[] {
  return patterns.flatMap(splitNames).map((pattern) => {
    const leavesOut = pattern.includes('*') && !pattern.startsWith(STATEDUMP_PROVIDER);
    return eventRule(pattern, {
      ...(loglevel !== undefined && { loglevel }),
      ...(leavesOut && { exclude: [`${STATEDUMP_PROVIDER}*`] }),
    });
  });
}

/** Makes the channel of a recording, with its contexts and rules. */
export async function enableRecorded(
  client: SessionDaemonClient,
  session: string,
  { channel, contexts, rules }: Pick<CommandPlan, 'channel' | 'contexts' | 'rules'>,
): Promise<void> {
  await client.enableChannel(session, channel);
  if (contexts.length > 0) await client.addContext(session, contexts, channel.name);
  for (const rule of rules) await client.enableEvent(session, rule, channel.name);
}

/** Registered processes that outlive the command. */
export async function survivorsOf(client: SessionDaemonClient): Promise<number[]> {
  const applications = await client.listApplications({ fields: false }).catch(() => []);
  const pids = new Set(applications.map(({ pid }) => pid));
  return [...pids].filter(isRunning).sort((a, b) => a - b);
}
