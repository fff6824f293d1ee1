import { didYouMean } from '@ringtail/base/text';
import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { SessionDescription } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { nextStep } from '../errors/next-steps.ts';
import { readCurrentSession, sessionNamed } from './current-session.ts';

/**
 * Carries out an action on one session: the named one, else the current one.
 *
 * @throws {CliError} `NO_SUCH_SESSION` with the nearest name and the next step, and every refusal of the daemon
 */
export async function onSession<T>(
  context: Context,
  named: string | undefined,
  action: (client: SessionDaemonClient, session: string) => Promise<T>,
): Promise<T> {
  const session = await sessionNamed(context, named);
  return await withDaemon(context, async (client) => {
    try {
      return await action(client, session);
    } catch (error) {
      throw await withNextStep(context, client, session, error);
    }
  });
}

/**
 * The session's description.
 *
 * @throws {CtlError} `NO_SUCH_SESSION`
 */
export async function describeSession(client: SessionDaemonClient, name: string): Promise<SessionDescription> {
  const found = (await client.listSessions()).find((session) => session.name === name);
  if (found === undefined) throw new CtlError('NO_SUCH_SESSION', `there is no session "${name}"`);
  return found;
}

/** The same error with the next step, and the nearest name where the name of the session or channel is wrong. */
export async function withNextStep(
  context: Context,
  client: SessionDaemonClient,
  session: string,
  error: unknown,
  channel?: string,
): Promise<unknown> {
  if (!(error instanceof CtlError)) return error;
  if (error.code === 'NO_SUCH_SESSION') {
    const names = (await client.listSessions().catch(() => [])).map(({ name }) => name);
    const hint = `${didYouMean(session, names)}ringtail list names them`;
    if (readCurrentSession(context) !== session) return new CliError(error.code, `no session "${session}"`, hint);
    return new CliError(
      error.code,
      `no session "${session}": it was the current one and has been destroyed, or belonged to a daemon that ended`,
      `${hint}; ringtail set-session NAME chooses another, ringtail create NAME makes one`,
    );
  }
  if (error.code === 'NO_CHANNEL') {
    const sessions = await client.listSessions().catch(() => []);
    const channels = namesOfChannels(sessions.find(({ name }) => name === session));
    const meant = channel === undefined ? '' : didYouMean(channel, channels);
    const hint =
      channels.length === 0
        ? "make one: ringtail enable-event -u 'shop:*', or ringtail enable-channel -u NAME"
        : `${meant}ringtail list ${session} names them`;
    return new CliError(error.code, error.describe(), hint);
  }
  const hint = nextStep(error.code, session);
  return hint === undefined ? error : new CliError(error.code, error.describe(), hint);
}

function namesOfChannels(session: SessionDescription | undefined): string[] {
  return (session?.domains ?? []).flatMap(({ channels }) => channels.map(({ name }) => name));
}
