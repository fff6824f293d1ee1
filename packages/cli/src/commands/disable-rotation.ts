import type { Command } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
import { describeSession, onSession } from '../session/on-session.ts';

interface RotationOptions {
  readonly session?: string;
  readonly timer?: boolean;
  readonly size?: boolean;
}

const ADJECTIVES = { timer: 'periodic', size: 'size-based' } as const;

export function addDisableRotation(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program.command('disable-rotation').description('unset the automatic rotation of a session'),
  )
    .option('--timer', 'rotation by time')
    .option('--size', 'rotation by size')
    .addHelpText('after', '\nExample:\n  ringtail disable-rotation --timer');
  act(command, async (options: RotationOptions) => {
    const kinds = (['timer', 'size'] as const).filter((kind) => options[kind]);
    if (kinds.length === 0) {
      throw new CliError('BAD_ARGUMENT', 'No session rotation schedule type provided.', 'give --timer, --size or both');
    }
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const result = await onSession(context, options.session, async (client, session) => {
      let { rotationSchedule: schedule } = await describeSession(client, session);
      const schedules = [];
      for (const kind of kinds) {
        const done = await attempts.try({ client, session }, async () => {
          schedule = await client.setRotationSchedule(
            session,
            kind === 'timer' ? { timerUs: null } : { sizeBytes: null },
          );
          return true;
        });
        schedules.push({ success: done === true, kind });
      }
      return { session, schedules, schedule };
    });
    report(context, format, { command: 'disable-rotation', ...result }, () =>
      result.schedules
        .filter(({ success }) => success)
        .map(({ kind }) => `Disabled ${ADJECTIVES[kind]} rotation on session ${result.session}`)
        .join('\n'),
    );
    return attempts;
  });
  return command;
}
