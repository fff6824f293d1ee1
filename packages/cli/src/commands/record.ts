import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { addChannelOptions } from '../options/channel-options.ts';
import type { Act } from '../program/command.ts';
import { addCommandOptions, type CommandOptions, commandPlan } from '../record/command-plan.ts';
import { addKernelOptions, type KernelOptions, kernelPlan } from '../record/kernel-plan.ts';
import { recordCommand } from '../record/record-command.ts';

interface RecordOptions extends CommandOptions, KernelOptions {
  readonly shmPath?: string;
  readonly rundir?: string;
}

export function addRecord(program: Command, context: Context, act: Act): Command {
  const command = addChannelOptions(
    addKernelOptions(
      addCommandOptions(
        program
          .command('record')
          .description('run a command and record every Node.js program in it, and on request the kernel')
          .usage('[options] [--] COMMAND [ARGUMENTS…]')
          .argument('<command...>', 'command to run')
          .passThroughOptions()
          .option(
            '-o, --output <dir>',
            'directory of the trace (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS at home)',
          ),
      ),
    )
      .option('--shm-path <dir>', 'ring buffers as files in DIR, for "ringtail crash" after all processes died')
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
  ringtail record --subbuf-size=4M --num-subbuf=8 node busy.js
  ringtail record -k 'sched_*' --syscall -- make`,
  );
  act(
    command,
    (words: [string, ...string[]], options: RecordOptions) => {
      const { output = null, shmPath, rundir } = options;
      return recordCommand(context, {
        ...commandPlan(context, command, words, options),
        kernel: kernelPlan(options),
        output,
        shmPath: shmPath === undefined ? null : absolutePath(context, shmPath),
        runDirectory: rundir === undefined ? null : absolutePath(context, rundir),
      });
    },
    { besideProgram: true },
  );
  return command;
}
