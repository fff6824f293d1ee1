import { constants } from 'node:os';
import { describeError } from '@ringtail/base';
import { run } from './cli.ts';
import { ExitCode } from './errors/exit-codes.ts';
import { systemContext } from './program/system-context.ts';

// A reader that goes away (`ringtail view | head`) ends us quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`ringtail: error: standard output: ${describeError(error)}\n`);
  process.exit(ExitCode.ERROR);
});
// Messages that nobody reads any more (a terminal that was closed) are no reason to drop a recording.
process.stderr.on('error', () => undefined);

const outcome = await run(process.argv.slice(2), systemContext());
process.exitCode = outcome.code;
if (outcome.signal !== undefined) dieBy(outcome.signal);

/**
 * Ends this process as its command ended, so that a shell sees the same. Signals that write a core file are told by
 * the exit code alone, since the core would be ours.
 */
function dieBy(signal: NodeJS.Signals): void {
  const quiet: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2'];
  process.exitCode = 128 + constants.signals[signal];
  if (!quiet.includes(signal)) return;
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
