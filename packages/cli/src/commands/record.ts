import type { ClockKind } from '@ringtail/protocol';
import type { Command } from 'commander';
import { addChannelOptions, type ChannelOptions, channelAttributes } from '../options/channel-options.ts';
import { clockOption, collect, outputFormatOf } from '../options/common-options.ts';
import type { Act } from '../program/command.ts';
import { absolutePath, type Context } from '../program/context.ts';
import { type RecordPlan, recordCommand } from '../record/record-command.ts';
import { rulesOf, traceNameOf } from '../record/recorded-rules.ts';
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
      .argument('<command...>', 'command to run')
      .passThroughOptions()
      .option('-o, --output <dir>', 'directory of the trace (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS at home)')
      .option('-u, --userspace <rule>', "recorded events, by name with * anywhere; repeatable (default: '*')", collect)
      .option('-l, --loglevel <level>', 'only events at least this severe: emerg … info … debug, or 0 to 14')
      .option('--shm-path <dir>', 'ring buffers as files in DIR, for "ringtail crash" after all processes died')
      .addOption(clockOption())
      .option(
        '--rundir <dir>',
        'run directory of a running session daemon (default: RINGTAIL_RUNDIR, else a private daemon)',
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
