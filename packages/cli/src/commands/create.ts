import { dirname, resolve } from 'node:path';
import type { SessionDaemonClient } from '@ringtail/ctl';
import type { ClockKind, SessionDescription, TraceFormat } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { clockOption, outputFormatOf } from '../options/common-options.ts';
import { pathOfUrl } from '../options/directory-url.ts';
import { addRetentionOptions, hasRetention, type RetentionOptions, retentionOf } from '../options/retention-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { makeCurrentSession } from '../session/current-session.ts';
import { describeSession, withNextStep } from '../session/on-session.ts';
import { newTraceName, tracesDirectory } from '../session/trace-directory.ts';

interface CreateOptions extends RetentionOptions {
  /** False with `--no-output`. */
  readonly output?: string | false;
  readonly setUrl?: string;
  readonly ctrlUrl?: string;
  readonly dataUrl?: string;
  readonly live?: string | true;
  readonly snapshot?: boolean;
  readonly shmPath?: string;
  readonly traceFormat?: TraceFormat | 'default';
  readonly clock: ClockKind;
}

export function addCreate(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('create')
    .description('create a session and make it the current one; starts the session daemon if none runs')
    .argument('[session]', 'name (default: auto-YYYYmmdd-HHMMSS)')
    .option('-o, --output <dir>', 'directory of the trace (default: ringtail-traces/NAME-YYYYmmdd-HHMMSS)')
    .option('--no-output', 'write no trace; with --snapshot: each snapshot names its own directory')
    .option('--snapshot', 'flight recorder: ring buffers overwrite, and only snapshots are written')
    .option('--shm-path <dir>', 'ring buffers as files in DIR, for "ringtail crash" after all processes died')
    .addOption(
      new Option('-F, --trace-format <format>', 'format of the trace').choices(['default', 'ctf-1.8', 'ctf-2']),
    )
    .addOption(clockOption())
    .addOption(new Option('-U, --set-url <url>', 'file:///DIR, the same as --output').conflicts('output'))
    .addOption(new Option('-C, --ctrl-url <url>', 'of a relay daemon: not part of this version').hideHelp())
    .addOption(new Option('-D, --data-url <url>', 'of a relay daemon: not part of this version').hideHelp())
    .addOption(new Option('--live [period]', 'for live viewers: not part of this version').hideHelp());
  addRetentionOptions(command, 'archives of rotations (with --snapshot: snapshots)').addHelpText(
    'after',
    `
Limits of archives and snapshots: the oldest are removed first. The newest stays, and what Ringtail is reading.

Examples:
  ringtail create slow && ringtail enable-event -u 'shop:*' && ringtail start
  node --import @ringtail/tracer/register app.js
  ringtail destroy && ringtail view

  ringtail create --snapshot black-box --keep-count=10 --keep-age=7d`,
  );
  act(command, async (given: string | undefined, options: CreateOptions) => {
    refuseNetwork(options);
    if (options.output === false && hasRetention(options)) {
      throw new CliError(
        'BAD_ARGUMENT',
        'without an output there is nothing to keep',
        'leave out --no-output or --keep-…',
      );
    }
    const traceName = newTraceName(context, given ?? 'auto');
    const name = given ?? traceName;
    const output = outputOf(context, traceName, options);
    const session = await withDaemon(context, (client) => create(context, client, { name, output }, options), {
      spawn: true,
    });
    report(context, outputFormatOf(command), { command: 'create', session }, () =>
      describe(session, options.snapshot === true, output),
    );
    return makeCurrentSession(context, session.name);
  });
  return command;
}

async function create(
  context: Context,
  client: SessionDaemonClient,
  { name, output }: { readonly name: string; readonly output: string | null },
  options: CreateOptions,
): Promise<SessionDescription> {
  const format = options.traceFormat === undefined || options.traceFormat === 'default' ? null : options.traceFormat;
  const session = {
    name,
    output,
    shmPath: options.shmPath === undefined ? null : absolutePath(context, options.shmPath),
    clock: options.clock,
    snapshot: options.snapshot === true,
    format,
    ...(hasRetention(options) && { retention: retentionOf(context, options) }),
  };
  try {
    await client.createSession(session);
  } catch (error) {
    throw await withNextStep(context, client, name, error);
  }
  return await describeSession(client, name);
}

/** Absolute path of the session's directory; null without output. */
function outputOf(context: Context, traceName: string, options: CreateOptions): string | null {
  if (options.output === false) return null;
  const named = options.setUrl === undefined ? options.output : pathOfUrl(options.setUrl);
  return named === undefined ? resolve(tracesDirectory(context), traceName) : absolutePath(context, named);
}

function refuseNetwork(options: CreateOptions): void {
  const option =
    options.live !== undefined
      ? '--live'
      : options.ctrlUrl !== undefined
        ? '--ctrl-url'
        : options.dataUrl !== undefined
          ? '--data-url'
          : undefined;
  if (option === undefined) return;
  throw new CliError(
    'UNSUPPORTED',
    `not supported yet: ${option}; relay daemons and live viewers are not part of this version`,
    'record to a directory: ringtail create NAME -o DIR',
  );
}

/**
 * @param asked whether the options say `--snapshot`; a session without output is a flight recorder as well
 * @param wanted the output of the options
 */
function describe(
  { name, output, snapshot, shmPath }: SessionDescription,
  asked: boolean,
  wanted: string | null,
): string {
  const lines = [`${asked ? 'Snapshot session' : 'Session'} ${name} created.`];
  if (output !== null) lines.push(`${snapshot ? 'Default snapshot output set' : 'Traces will be output'} to ${output}`);
  if (output !== null && dirname(output) === wanted)
    lines.push(`${wanted} holds the trace of another session, which stays as it is.`);
  if (snapshot) lines.push('Every channel enabled for this session will be set to overwrite mode.');
  if (shmPath !== null) lines.push(`Shared memory path set to ${shmPath}`);
  return lines.join('\n');
}
