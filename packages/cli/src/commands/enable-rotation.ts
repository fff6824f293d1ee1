import type { RotationSchedule } from '@ringtail/protocol';
import type { Command } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { parsePeriodUs, parseSize } from '../options/quantity-options.ts';
import { report } from '../output/report.ts';
import type { ScheduleChange } from '../output/result.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface RotationOptions {
  readonly session?: string;
  readonly timer?: string;
  readonly size?: string;
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
  act(command, async (options: RotationOptions) => {
    const changes = changesOf(options);
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const result = await onSession(context, options.session, async (client, session) => {
      let { rotationSchedule: schedule } = await describeSession(client, session);
      const schedules = [];
      for (const change of changes) {
        const done = await attempts.try({ client, session }, async () => {
          schedule = await client.setRotationSchedule(session, partOf(change));
          return true;
        });
        schedules.push({ success: done === true, ...change });
      }
      return { session, schedules, schedule };
    });
    report(context, format, { command: 'enable-rotation', ...result }, () =>
      result.schedules
        .filter(({ success }) => success)
        .map(({ kind, value }) =>
          kind === 'timer'
            ? `Enabled periodic rotations every ${value} us on session ${result.session}`
            : `Enabled size-based rotations every ${value} bytes written on session ${result.session}`,
        )
        .join('\n'),
    );
    return attempts;
  });
  return command;
}

function changesOf({ timer, size }: RotationOptions): (ScheduleChange & { readonly value: number })[] {
  const changes = [
    ...(timer === undefined ? [] : [{ kind: 'timer' as const, value: parsePeriodUs(timer) }]),
    ...(size === undefined ? [] : [{ kind: 'size' as const, value: parseSize(size) }]),
  ];
  if (changes.length === 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      'No session rotation schedule parameter provided.',
      'give --timer, --size or both',
    );
  }
  if (changes.some(({ value }) => value === 0)) throw new CliError('BAD_ARGUMENT', 'a period of 0 is no schedule');
  return changes;
}

function partOf({ kind, value }: ScheduleChange & { readonly value: number }): Partial<RotationSchedule> {
  return kind === 'timer' ? { timerUs: value } : { sizeBytes: value };
}
