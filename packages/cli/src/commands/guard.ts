import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { guardCommand } from '../guard/guard-command.ts';
import { DEFAULT_SNAPSHOT_CAUSES, parseSnapshotCauses } from '../guard/wanted-ends.ts';
import { addChannelOptions } from '../options/channel-options.ts';
import { parseCount } from '../options/quantity-options.ts';
import { parseSnapshotLimit, parseWaitUs } from '../options/unit-hints.ts';
import type { Act } from '../program/command.ts';
import { addCommandOptions, type CommandOptions, commandPlan } from '../record/command-plan.ts';

interface GuardOptions extends CommandOptions {
  readonly snapshotOn: string;
  readonly stallPeriod: string;
  readonly maxSize?: string;
  readonly maxSnapshots: string;
}

/** One snapshot for the command's own end, and one for earlier causes. */
const SNAPSHOTS_LEAST = 2;

export function addGuard(program: Command, context: Context, act: Act): Command {
  const command = addChannelOptions(
    addCommandOptions(
      program
        .command('guard')
        .description('run a command with a flight recorder: when it dies, its last events are on disk')
        .usage('[options] [--] COMMAND [ARGUMENTS…]')
        .argument('<command...>', 'command to run')
        .passThroughOptions()
        .option(
          '--snapshot-on <causes>',
          'causes of a snapshot: one or more of crash,signal,exit-code,stall',
          DEFAULT_SNAPSHOT_CAUSES.join(','),
        )
        .option('--stall-period <period>', 'longest time without a turn of an event loop, for the cause stall', '5s')
        .option('-m, --max-size <size>', 'largest size of a snapshot, which gets the newest packets; with k, M or G')
        .option(
          '--max-snapshots <count>',
          'largest number of snapshots; the last one is kept for the end of the command',
          '10',
        )
        .option(
          '-o, --output <dir>',
          'parent directory of the snapshots (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS at home)',
        ),
    ),
  ).addHelpText(
    'after',
    `
Records to memory only, the newest events of each thread (16 MiB, or as --subbuf-size and --num-subbuf say). Nothing is
written without a cause. The command keeps its standard streams, its signals and its exit code.

  crash      an uncaught exception, lack of memory, a signal other than SIGHUP, SIGINT, SIGTERM
  signal     any signal
  exit-code  an exit code other than 0
  stall      an event loop without a turn for --stall-period

Every Node.js program in the command counts. SIGUSR2 to ringtail records a snapshot at once; it is not passed on.

Examples:
  ringtail guard node app.js
  ringtail guard --snapshot-on=crash,stall --stall-period=2s -o /var/crashes -- npm start
  kill -USR2 PID                          (of ringtail guard)`,
  );
  act(
    command,
    (words: [string, ...string[]], options: GuardOptions) => {
      const { output, maxSize } = options;
      return guardCommand(context, {
        ...commandPlan(context, command, words, options, true),
        output: output === undefined ? null : absolutePath(context, output),
        causes: parseSnapshotCauses(options.snapshotOn),
        stallPeriodUs: parseWaitUs(context, '--stall-period', options.stallPeriod),
        maxBytes: maxSize === undefined ? null : parseSnapshotLimit(context, maxSize),
        snapshotCountMax: parseCount('--max-snapshots', options.maxSnapshots, SNAPSHOTS_LEAST),
      });
    },
    { besideProgram: true },
  );
  return command;
}
