import type { Retention } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { ScheduleChange } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { addSessionOption } from '../options/common-options.ts';
import { addRetentionOptions, type RetentionOptions, retentionChange } from '../options/retention-options.ts';
import { parseChunkBytes, parseTimerUs } from '../options/unit-hints.ts';
import { report } from '../output/report.ts';
import { describeRetention } from '../output/retention.ts';
import type { Act } from '../program/command.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface EnableOptions extends RetentionOptions {
  readonly session?: string;
  readonly timer?: string;
  readonly size?: string;
}

interface DisableOptions {
  readonly session?: string;
  readonly timer?: boolean;
  readonly size?: boolean;
}

export function addEnableRotation(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('enable-rotation')
      .description('set the automatic rotation of a session, by time, by size, or both'),
  )
    .option('--timer <period>', 'period between rotations: microseconds, or with us, ms, s, m or h')
    .option('--size <size>', 'size of the current chunk at which it is rotated, with k, M or G');
  addRetentionOptions(command, 'archives').addHelpText(
    'after',
    `
With --keep-age, --keep-count or --keep-size, the oldest archives of the session are removed. These options also change
the limits of a session that rotates already. The newest archive stays, and what Ringtail is reading.

Examples:
  ringtail enable-rotation --timer=10m
  ringtail enable-rotation --size=500M --keep-size=20G
  ringtail enable-rotation --keep-age=7d`,
  );
  act(command, async ({ session, timer, size, ...keep }: EnableOptions) => {
    const changes = [
      ...(timer === undefined ? [] : [{ kind: 'timer' as const, value: parseTimerUs(context, '--timer', timer) }]),
      ...(size === undefined ? [] : [{ kind: 'size' as const, value: parseChunkBytes(context, '--size', size) }]),
    ];
    if (changes.some(({ value }) => value === 0)) throw new CliError('BAD_ARGUMENT', 'a period of 0 is no schedule');
    return await changeSchedule(
      context,
      command,
      { name: 'enable-rotation', session, changes, limits: retentionChange(context, keep) },
      ({ kind, value }, name) =>
        kind === 'timer'
          ? `Enabled periodic rotations every ${value} us on session ${name}`
          : `Enabled size-based rotations every ${value} bytes written on session ${name}`,
    );
  });
  return command;
}

export function addDisableRotation(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program.command('disable-rotation').description('unset the automatic rotation of a session'),
  )
    .option('--timer', 'rotation by time')
    .option('--size', 'rotation by size')
    .addHelpText('after', '\nExample:\n  ringtail disable-rotation --timer');
  act(command, async (options: DisableOptions) => {
    const changes = (['timer', 'size'] as const).filter((kind) => options[kind]).map((kind) => ({ kind }));
    return await changeSchedule(
      context,
      command,
      { name: 'disable-rotation', session: options.session, changes },
      ({ kind }, name) => {
        const adjective = kind === 'timer' ? 'periodic' : 'size-based';
        return `Disabled ${adjective} rotation on session ${name}`;
      },
    );
  });
  return command;
}

interface RotationChange {
  readonly name: 'enable-rotation' | 'disable-rotation';
  /** Undefined: the current session. */
  readonly session: string | undefined;
  readonly changes: readonly ScheduleChange[];
  /** Limits of archives to change. */
  readonly limits?: Partial<Retention> | undefined;
}

/** Changes parts of a session's schedule one by one. A change without a value unsets its part. */
async function changeSchedule(
  context: Context,
  command: Command,
  { name, session: named, changes, limits }: RotationChange,
  line: (change: ScheduleChange, session: string) => string,
): Promise<Attempts> {
  if (changes.length === 0 && limits === undefined) {
    const missing = name === 'enable-rotation' ? 'parameter' : 'type';
    throw new CliError(
      'BAD_ARGUMENT',
      `No session rotation schedule ${missing} provided.`,
      name === 'enable-rotation' ? 'give --timer, --size or both; or --keep-count=10' : 'give --timer, --size or both',
    );
  }
  const attempts = new Attempts(context, command);
  const result = await onSession(context, named, async (client, session) => {
    let { rotationSchedule: schedule, retention } = await describeSession(client, session);
    const schedules: (ScheduleChange & { readonly success: boolean })[] = [];
    for (const change of changes) {
      const { kind, value = null } = change;
      const success = await attempts.succeeds({ client, session }, async () => {
        const part = kind === 'timer' ? { timerUs: value } : { sizeBytes: value };
        schedule = await client.setRotationSchedule(session, part);
      });
      schedules.push({ success, ...change });
    }
    let limited = false;
    if (limits !== undefined) {
      limited = await attempts.succeeds({ client, session }, async () => {
        retention = await client.setRetention(session, limits);
      });
    }
    return { session, schedules, schedule, retention, limited };
  });
  const { limited, ...reported } = result;
  report(context, attempts.format, { command: name, ...reported }, () =>
    [
      successLines(result.schedules, (change) => line(change, result.session)),
      ...(limited
        ? [`Kept archives of session ${result.session}: ${describeRetention(result.retention) || 'all'}`]
        : []),
    ]
      .filter((text) => text !== '')
      .join('\n'),
  );
  return attempts;
}
