import { basename } from 'node:path';
import type { ClockKind, EventRule } from '@ringtail/protocol';
import type { Command } from 'commander';
import { addChannelOptions, type ChannelOptions, channelAttributes } from '../channel-options.ts';
import type { Act } from '../cli.ts';
import { absolutePath, type Context } from '../context.ts';
import { clockOption, collect, eventRule, outputFormatOf, splitNames } from '../options.ts';
import { type RecordPlan, recordCommand } from '../record/record-command.ts';
import { resolveCommand } from '../record/resolve-command.ts';

interface RecordOptions extends ChannelOptions {
  readonly output?: string;
  readonly userspace?: readonly string[];
  readonly loglevel?: string;
  readonly shmPath?: string;
  readonly clock: ClockKind;
  readonly rundir?: string;
}

export function addRecord(program: Command, context: Context, act: Act): Command {
  const command = addChannelOptions(
    program
      .command('record')
      .description('run a command and record every Node.js program in it')
      .usage('[options] [--] COMMAND [ARGUMENTS…]')
      .argument('<command...>', 'what to run')
      .passThroughOptions()
      .option('-o, --output <dir>', 'directory of the trace (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS at home)')
      .option(
        '-u, --userspace <rule>',
        "record events with this name, with * anywhere; repeatable (default: '*')",
        collect,
      )
      .option('-l, --loglevel <level>', 'only events at least this severe: emerg … info … debug, or 0 to 14')
      .option('--shm-path <dir>', 'keep ring files in DIR, for "ringtail crash" after the machine or everything died')
      .addOption(clockOption())
      .option(
        '--rundir <dir>',
        'use the session daemon that runs in DIR (default: RINGTAIL_RUNDIR, else one of its own)',
      ),
  ).addHelpText(
    'after',
    `
The command keeps its standard streams, its signals and its exit code. The summary goes to standard error.

Examples:
  ringtail record node app.js
  ringtail record -u 'shop:*' -l info -o /tmp/trace -- npm start
  ringtail record --subbuf-size=4M --num-subbuf=8 node busy.js`,
  );
  act(command, (words: [string, ...string[]], options: RecordOptions) => {
    const plan: RecordPlan = {
      words,
      path: resolveCommand(context, words[0]),
      name: traceNameOf(words),
      output: options.output ?? null,
      rules: rulesOf(options),
      channel: channelAttributes(context, 'channel0', options),
      shmPath: options.shmPath === undefined ? null : absolutePath(context, options.shmPath),
      clock: options.clock,
      runDirectory: options.rundir === undefined ? null : absolutePath(context, options.rundir),
      format: outputFormatOf(command),
    };
    return recordCommand(context, plan);
  });
  return command;
}

/** What each program records of its own state. */
const STATEDUMP_PROVIDER = 'ringtail_statedump:';

/** The state of programs is recorded only where it is named: a recording of one command is about what that does. */
export function rulesOf(options: Pick<RecordOptions, 'userspace' | 'loglevel'>): EventRule[] {
  return (options.userspace ?? ['*']).flatMap(splitNames).map((pattern) => {
    const leavesOut = pattern.includes('*') && !pattern.startsWith(STATEDUMP_PROVIDER);
    return eventRule(pattern, {
      ...(options.loglevel !== undefined && { loglevel: options.loglevel }),
      ...(leavesOut && { exclude: [`${STATEDUMP_PROVIDER}*`] }),
    });
  });
}

/** What a trace of this command is called: `app` for `node --flag dir/app.js`, else the command's own name. */
export function traceNameOf(words: readonly [string, ...string[]]): string {
  const [command, ...rest] = words;
  const script = /^node(js)?$/.test(basename(command)) ? rest.find((word) => /\.[cm]?[jt]s$/.test(word)) : undefined;
  const name = basename(script ?? command).replace(/\.[cm]?[jt]s$/, '');
  return name.replace(/[^\w.-]+/g, '_').replace(/^[.-]+/, '') || 'command';
}
