import { resolve } from 'node:path';
import type { ClockKind } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { writeCurrentSession } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { clockOption, outputFormatOf } from '../options.ts';
import { newTraceName, prepareTraceDirectory, tracesDirectory } from '../trace-directory.ts';

interface CreateOptions {
  readonly output?: string;
  readonly shmPath?: string;
  readonly clock: ClockKind;
}

export function addCreate(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('create')
    .description('create a session and make it the current one; starts the session daemon if none runs')
    .argument('[session]', 'name (default: auto-YYYYmmdd-HHMMSS)')
    .option('-o, --output <dir>', 'directory of the trace (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS)')
    .option('--shm-path <dir>', 'keep ring files in DIR, for "ringtail crash" after the machine or everything died')
    .addOption(clockOption())
    .addHelpText(
      'after',
      `
Example:
  ringtail create slow && ringtail enable-event -u 'shop:*' && ringtail start
  node --import @ringtail/tracer/register app.js
  ringtail destroy && ringtail view`,
    );
  act(command, async (given: string | undefined, options: CreateOptions) => {
    const traceName = newTraceName(context, given ?? 'auto');
    const name = given ?? traceName;
    const output =
      options.output === undefined
        ? resolve(tracesDirectory(context), traceName)
        : prepareTraceDirectory(context, options.output);
    const shmPath = options.shmPath === undefined ? null : resolve(context.cwd, options.shmPath);
    const created = await withDaemon(
      context,
      (client) => client.createSession({ name, output, shmPath, clock: options.clock }),
      { spawn: true },
    );
    writeCurrentSession(context, created.name);
    report(
      context,
      outputFormatOf(command),
      created,
      () => `Session ${created.name} created.\nTraces will be output to ${created.output}`,
    );
    return undefined;
  });
  return command;
}
