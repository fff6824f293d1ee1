import { basename } from 'node:path';
import { didYouMean } from '@ringtail/base/text';
import { CtlError } from '@ringtail/ctl';
import type { NewSnapshotOutput, SnapshotOutput, SnapshotOutputParameters } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { actionArgument, addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { pathOfUrl } from '../options/directory-url.ts';
import { addRetentionOptions, hasRetention, type RetentionOptions, retentionOf } from '../options/retention-options.ts';
import { parseSnapshotLimit } from '../options/unit-hints.ts';
import { formatBytes, shellQuote } from '../output/quantity.ts';
import { type OutputFormat, report, warn } from '../output/report.ts';
import { describeRetention } from '../output/retention.ts';
import { describeStatistics, warnOfLoss } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface SnapshotOptions extends RetentionOptions {
  readonly session?: string;
  readonly maxSize?: string;
  readonly name?: string;
  readonly ctrlUrl?: string;
  readonly dataUrl?: string;
}

interface Asked {
  readonly context: Context;
  readonly format: OutputFormat;
  /** The word after the action. */
  readonly word: string | undefined;
  readonly options: SnapshotOptions;
}

const ACTIONS: Readonly<Record<string, (asked: Asked) => Promise<void>>> = {
  record,
  'add-output': addOutput,
  'list-output': listOutput,
  'del-output': deleteOutput,
};

export function addSnapshot(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('snapshot')
      .description('record a snapshot of a flight recorder, or change its snapshot outputs')
      .usage('[options] record [DIR|URL] | add-output DIR|URL | list-output | del-output ID|NAME')
      .addArgument(actionArgument('<action>', Object.keys(ACTIONS)))
      .argument('[place]', 'directory (or file:// URL) of an output; number or name of an output to delete'),
  )
    .option('-m, --max-size <size>', 'largest size of a snapshot, which gets the newest packets; with k, M or G')
    .option('-n, --name <name>', "name of the output, with which its snapshots' directories begin")
    .addOption(new Option('-C, --ctrl-url <url>', 'of a relay daemon: not part of this version').hideHelp())
    .addOption(new Option('-D, --data-url <url>', 'of a relay daemon: not part of this version').hideHelp());
  addRetentionOptions(command, 'snapshots of an added output').addHelpText(
    'after',
    `
With --keep-age, --keep-count or --keep-size of add-output, the oldest snapshots that the session has recorded there are
removed. The newest stays, and what Ringtail is reading.

Examples:
  ringtail snapshot record
  ringtail snapshot record /tmp/now --max-size=64M
  ringtail snapshot add-output /var/traces --name=incident --keep-count=20
  ringtail snapshot del-output 1`,
  );
  act(command, async (action: string, word: string | undefined, options: SnapshotOptions) => {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) {
      const known = Object.keys(ACTIONS);
      throw new CliError(
        'UNKNOWN_ACTION',
        `snapshot knows no "${action}"`,
        `${didYouMean(action, known)}one of: ${known.join(', ')}`,
      );
    }
    if (options.ctrlUrl !== undefined || options.dataUrl !== undefined) {
      throw new CliError(
        'UNSUPPORTED',
        'not supported yet: --ctrl-url and --data-url; relay daemons are not part of this version',
        'write snapshots to a directory',
      );
    }
    if (action !== 'add-output' && hasRetention(options)) {
      throw new CliError(
        'BAD_ARGUMENT',
        `${action} takes no --keep-age, --keep-count or --keep-size`,
        'they limit an output: ringtail snapshot add-output DIR --keep-count=10',
      );
    }
    await run({ context, format: outputFormatOf(command), word, options });
    return undefined;
  });
  return command;
}

async function record({ context, format, word, options }: Asked): Promise<void> {
  const limit = maxBytes(context, options);
  const result = await onSession(context, options.session, async (client, session) => {
    // As in LTTng, "" is no place: scripts write it.
    const output = word === undefined || word === '' ? null : outputAt(context, word, options, limit);
    const { name = null } = options;
    const parameters = { output, name, maxBytes: limit };
    const recorded = await client.recordSnapshot(session, parameters).catch((error: unknown) => {
      throw word !== undefined && options.session === undefined ? withSessionHint(error, word) : error;
    });
    return { session, ...recorded };
  });
  report(context, format, { command: 'snapshot-record', ...result }, () =>
    [
      `Snapshot recorded successfully for session ${result.session}`,
      `Snapshot written at: ${result.path} (${describeStatistics(result.statistics)})`,
    ].join('\n'),
  );
  const { bytes } = result.statistics;
  if (limit !== null && bytes > limit) {
    const sizes = `${formatBytes(bytes)}, more than --max-size=${options.maxSize}`;
    warn(context, `the snapshot has ${sizes}: each ring buffer gives its newest packet, whatever its size`);
  }
  // A flight recorder is meant to overwrite old packets.
  warnOfLoss(context, { ...result.statistics, packetsLost: 0 });
}

/** Next step where the word after `record`, which is a directory, looks like the name of a session. */
function withSessionHint(error: unknown, word: string): unknown {
  if (!(error instanceof CtlError) || error.code === 'NO_SUCH_SESSION' || word === '' || word.includes('/'))
    return error;
  const place = `"${word}" is taken as a directory`;
  return new CliError(
    error.code,
    error.describe(),
    `${place}; for a session: ringtail snapshot record -s ${shellQuote(word)}`,
  );
}

async function addOutput({ context, format, word, options }: Asked): Promise<void> {
  if (word === undefined || word === '') throw missing('a directory', 'ringtail snapshot add-output DIR');
  const added: NewSnapshotOutput = {
    ...outputAt(context, word, options, maxBytes(context, options)),
    ...(hasRetention(options) && { retention: retentionOf(context, options) }),
  };
  const { session, output } = await onSession(context, options.session, async (client, name) => ({
    session: name,
    output: await client.addSnapshotOutput(name, added),
  }));
  report(context, format, { command: 'snapshot-add-output', session, output }, () =>
    [
      `Snapshot output successfully added for session ${session}`,
      `  [${output.id}] ${output.name}: ${placeOf(output)}`,
    ].join('\n'),
  );
}

async function listOutput({ context, format, word, options }: Asked): Promise<void> {
  if (word !== undefined) throw new CliError('BAD_ARGUMENT', `list-output takes no "${word}"`);
  const { session, outputs } = await onSession(context, options.session, async (client, name) => {
    const { snapshot, snapshotOutputs } = await describeSession(client, name);
    if (!snapshot) {
      throw new CtlError('NOT_A_SNAPSHOT_SESSION', `the session ${name} is not a flight recorder`);
    }
    return { session: name, outputs: snapshotOutputs };
  });
  report(context, format, { command: 'snapshot-list-output', session, outputs }, () =>
    [
      `Snapshot output list for session ${session}`,
      ...outputs.map((output) => `    [${output.id}] ${output.name}: ${placeOf(output)}`),
      ...(outputs.length === 0 ? ['    None'] : []),
    ].join('\n'),
  );
}

async function deleteOutput({ context, format, word, options }: Asked): Promise<void> {
  if (word === undefined) throw missing('the number or name of an output', 'ringtail snapshot list-output lists them');
  const output = /^\d{1,9}$/.test(word) ? Number(word) : word;
  const session = await onSession(context, options.session, async (client, name) => {
    await client.deleteSnapshotOutput(name, output);
    return name;
  });
  report(context, format, { command: 'snapshot-del-output', session, output }, () =>
    typeof output === 'number'
      ? `Snapshot output id ${output} successfully deleted for session ${session}`
      : `Snapshot output ${output} successfully deleted for session ${session}`,
  );
}

function outputAt(
  context: Context,
  place: string,
  { name }: SnapshotOptions,
  limit: number | null,
): SnapshotOutputParameters {
  const path = /^[a-z0-9]+:/.test(place) ? pathOfUrl(place) : absolutePath(context, place);
  if (basename(path) === '') throw new CliError('BAD_ARGUMENT', `"${place}" is no directory for snapshots`);
  return { name: name ?? null, path, maxBytes: limit };
}

function maxBytes(context: Context, { maxSize }: SnapshotOptions): number | null {
  return maxSize === undefined ? null : parseSnapshotLimit(context, maxSize);
}

function placeOf({ path, maxBytes: limit, retention }: SnapshotOutput): string {
  const kept = describeRetention(retention);
  const place = limit === null ? path : `${path} (max size: ${limit} bytes)`;
  return kept === '' ? place : `${place}, kept: ${kept}`;
}

function missing(what: string, hint: string): CliError {
  return new CliError('BAD_ARGUMENT', `name ${what}`, hint);
}
