import type { SessionDaemonClient } from '@ringtail/ctl';
import type { ChannelAttributes, ClockKind, EventRule } from '@ringtail/protocol';
import type { Command } from 'commander';
import { isRunning } from '../daemon/daemon.ts';
import { type ChannelOptions, channelAttributes } from '../options/channel-options.ts';
import { clockOption, collect, outputFormatOf, splitNames } from '../options/common-options.ts';
import { eventRule } from '../options/rule-options.ts';
import type { OutputFormat } from '../output/report.ts';
import type { Context } from '../program/context.ts';
import { resolveCommand } from './resolve-command.ts';
import { traceNameOf } from './trace-name.ts';

/** Provider of the state dump of programs. */
const STATEDUMP_PROVIDER = 'ringtail_statedump:';
/** Events of the instruments of the Node.js runtime. Their providers are called `node_http`, `node_gc` and so on. */
const RUNTIME_EVENTS = 'node_*';

/** Options of commands that run a command and record it. */
export interface CommandOptions extends ChannelOptions {
  readonly output?: string;
  readonly userspace?: readonly string[];
  readonly loglevel?: string;
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
  readonly channel: ChannelAttributes;
  readonly clock: ClockKind;
  readonly format: OutputFormat;
}

/** Adds the options of `CommandOptions`, except those of the channel and the output. */
export function addCommandOptions(command: Command): Command {
  return command
    .option(
      '-u, --userspace <rule>',
      'recorded events, by name with * anywhere; repeatable (default: all of the program, those of the runtime at info)',
      collect,
    )
    .option('-l, --loglevel <level>', 'only events at least this severe: emerg … info … debug, or 0 to 14')
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
    rules: rulesOf(options),
    channel: channelAttributes(context, 'channel0', options, isSnapshot),
    clock: options.clock,
    format: outputFormatOf(command),
  };
}

/**
 * The event rules of a recording: without options, the events of `info` and more severe of the runtime, and all others.
 * The state dump is recorded only where a name pattern names it.
 */
function rulesOf({ userspace, loglevel }: CommandOptions): EventRule[] {
  if (userspace === undefined && loglevel === undefined) {
    return [
      eventRule('*', { exclude: [`${STATEDUMP_PROVIDER}*`, RUNTIME_EVENTS] }),
      eventRule(RUNTIME_EVENTS, { loglevel: 'info' }),
    ];
  }
  return (userspace ?? ['*']).flatMap(splitNames).map((pattern) => {
    const leavesOut = pattern.includes('*') && !pattern.startsWith(STATEDUMP_PROVIDER);
    return eventRule(pattern, {
      ...(loglevel !== undefined && { loglevel }),
      ...(leavesOut && { exclude: [`${STATEDUMP_PROVIDER}*`] }),
    });
  });
}

/** Registered processes that outlive the command. */
export async function survivorsOf(client: SessionDaemonClient): Promise<number[]> {
  const applications = await client.listApplications({ fields: false }).catch(() => []);
  const pids = new Set(applications.map(({ pid }) => pid));
  return [...pids].filter(isRunning).sort((a, b) => a - b);
}
