import type { Command } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { addSessionOption } from '../options/common-options.ts';
import { parsePeriodUs, parseSize } from '../options/quantity-options.ts';
import { report } from '../output/report.ts';
import type { ScheduleChange } from '../output/result.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts, successLines } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface EnableOptions {
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
    .option('--size <size>', 'size of the current chunk at which it is rotated, with k, M or G')
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail enable-rotation --timer=10m\n  ringtail enable-rotation --size=500M',
    );
  act(command, async ({ session, timer, size }: EnableOptions) => {
    const changes = [
      ...(timer === undefined ? [] : [{ kind: 'timer' as const, value: parsePeriodUs(timer) }]),
      ...(size === undefined ? [] : [{ kind: 'size' as const, value: parseSize(size) }]),
    ];
    if (changes.some(({ value }) => value === 0)) throw new CliError('BAD_ARGUMENT', 'a period of 0 is no schedule');
    return await changeSchedule(context, command, 'enable-rotation', session, changes, ({ kind, value }, name) =>
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
    return await changeSchedule(context, command, 'disable-rotation', options.session, changes, ({ kind }, name) => {
      const adjective = kind === 'timer' ? 'periodic' : 'size-based';
      return `Disabled ${adjective} rotation on session ${name}`;
    });
  });
  return command;
}

/** Changes parts of a session's schedule one by one. A change without a value unsets its part. */
async function changeSchedule(
  context: Context,
  command: Command,
  name: 'enable-rotation' | 'disable-rotation',
  named: string | undefined,
  changes: readonly ScheduleChange[],
  line: (change: ScheduleChange, session: string) => string,
): Promise<Attempts> {
  if (changes.length === 0) {
    const missing = name === 'enable-rotation' ? 'parameter' : 'type';
    throw new CliError(
      'BAD_ARGUMENT',
      `No session rotation schedule ${missing} provided.`,
      'give --timer, --size or both',
    );
  }
  const attempts = new Attempts(context, command);
  const result = await onSession(context, named, async (client, session) => {
    let { rotationSchedule: schedule } = await describeSession(client, session);
    const schedules: (ScheduleChange & { readonly success: boolean })[] = [];
    for (const change of changes) {
      const { kind, value = null } = change;
      const success = await attempts.succeeds({ client, session }, async () => {
        const part = kind === 'timer' ? { timerUs: value } : { sizeBytes: value };
        schedule = await client.setRotationSchedule(session, part);
      });
      schedules.push({ success, ...change });
    }
    return { session, schedules, schedule };
  });
  report(context, attempts.format, { command: name, ...result }, () =>
    successLines(result.schedules, (change) => line(change, result.session)),
  );
  return attempts;
}
