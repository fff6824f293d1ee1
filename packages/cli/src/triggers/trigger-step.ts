import { didYouMean } from '@ringtail/base/text';
import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import { CliError } from '../errors/cli-error.ts';

/** The daemon's refusal of a trigger, with the next step and the nearest name. */
export async function triggerStep(client: SessionDaemonClient, error: unknown, name: string | null): Promise<unknown> {
  if (!(error instanceof CtlError)) return error;
  if (error.code === 'TRIGGER_EXISTS') {
    return new CliError(
      error.code,
      `there is a trigger \`${name}\` already`,
      'choose another --name, or remove it first',
    );
  }
  if (error.code === 'NO_TRIGGER') {
    const triggers = await client.listTriggers().catch(() => []);
    const meant = didYouMean(
      name ?? '',
      triggers.map((trigger) => trigger.name),
    );
    return new CliError(
      error.code,
      `Couldn't find trigger with name \`${name}\`.`,
      `${meant}ringtail list-triggers names them`,
    );
  }
  return error;
}
