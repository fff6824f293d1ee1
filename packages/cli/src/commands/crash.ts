import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { plural, shellQuote } from '../output/quantity.ts';
import { report } from '../output/report.ts';
import { describeStatistics, warnOfLoss } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import { runViewer } from '../reading/run-viewer.ts';
import { newTraceName, prepareTraceDirectory, removeIfEmpty, tracesDirectory } from '../session/trace-directory.ts';

interface CrashOptions {
  readonly output?: string;
  readonly extract?: string;
  readonly viewer?: string;
}

export function addCrash(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('crash')
    .description('recover a trace from ring files whose programs and daemons are gone')
    .argument('<shm-dir>', '--shm-path of the session')
    .option('-o, --output <dir>', 'directory of the trace (default: ringtail-traces/crash-YYYYmmdd-HHMMSS at home)')
    .addOption(new Option('-x, --extract <dir>', 'the same as --output').conflicts('output'))
    .option('-e, --viewer <command>', 'command that reads the trace afterwards')
    .addHelpText(
      'after',
      `
The trace has the events that the consumer daemon had not taken yet; the others are in the session's own trace. "ringtail
view" of a directory above both shows them as one trace. The ring files stay unchanged.

Example:
  ringtail crash /dev/shm/rings -o /tmp/trace/crash && ringtail view /tmp/trace`,
    );
  act(command, async (shmDirectory: string, options: CrashOptions) => {
    const output = options.output ?? options.extract ?? join(tracesDirectory(context), newTraceName(context, 'crash'));
    const trace = prepareTraceDirectory(context, output);
    try {
      // Imported when needed: it is half of a daemon.
      const { recoverRings } = await import('@ringtail/consumerd');
      const { traces } = recoverRings(absolutePath(context, shmDirectory), trace);
      report(context, outputFormatOf(command), { command: 'crash', trace, recovered: traces }, () =>
        [
          ...traces.map(
            ({ ringDirectory, rings, statistics }) =>
              `${ringDirectory}: ${plural(rings, 'ring')}, ${describeStatistics(statistics)}`,
          ),
          `The trace is in ${trace}; ringtail view ${shellQuote(trace)} shows it`,
        ].join('\n'),
      );
      // Packets before the first recovered one are in the session's own trace.
      for (const { statistics } of traces) warnOfLoss(context, { ...statistics, packetsLost: 0 });
    } finally {
      removeIfEmpty(trace);
    }
    return options.viewer === undefined ? undefined : await runViewer(context, options.viewer, [trace]);
  });
  return command;
}
