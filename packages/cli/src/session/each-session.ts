import type { SessionDaemonClient } from '@ringtail/ctl';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import type { Context } from '../program/context.ts';
import type { Attempts } from './attempts.ts';
import { sessionNamed } from './current-session.ts';
import { matchesShellPattern } from './shell-pattern.ts';

/** `wait` is false with `--no-wait`. */
export interface WaitOption {
  readonly wait: boolean;
}

/** Sessions of a command: NAME, `--all`, or with `--glob` the sessions whose names match. */
export interface SessionChoice {
  readonly all?: boolean;
  readonly glob?: boolean;
}

/**
 * @throws {CliError} `BAD_ARGUMENT` if the options contradict each other
 */
async function chosenSessions(
  context: Context,
  client: SessionDaemonClient,
  name: string | undefined,
  choice: SessionChoice,
): Promise<string[]> {
  if (choice.all && (choice.glob || name !== undefined)) {
    throw new CliError('BAD_ARGUMENT', 'give either a session or --all');
  }
  if (!choice.all && !choice.glob) return [sessionNamed(context, name)];
  if (choice.glob && name === undefined) throw new CliError('BAD_ARGUMENT', '--glob needs a pattern of names');
  const names = (await client.listSessions()).map((session) => session.name);
  return choice.all ? names : names.filter((one) => matchesShellPattern(name as string, one));
}

/** Carries out an action on one session after the other. After a failure it goes on with the next session. */
export async function onEachSession<T extends object>(
  context: Context,
  attempts: Attempts,
  choice: { readonly name: string | undefined; readonly options: SessionChoice },
  action: (client: SessionDaemonClient, session: string) => Promise<T>,
): Promise<({ session: string; success: boolean } & Partial<T>)[]> {
  return await withDaemon(context, async (client) => {
    const sessions = await chosenSessions(context, client, choice.name, choice.options);
    const results: ({ session: string; success: boolean } & Partial<T>)[] = [];
    for (const session of sessions) {
      const result = await attempts.try({ client, session }, () => action(client, session));
      results.push({ session, success: result !== undefined, ...result } as (typeof results)[number]);
    }
    return results;
  });
}

/** A line for each session with success, or a line that no session was found. */
export function describeEach<T extends { readonly success: boolean }>(
  sessions: readonly T[],
  line: (session: T) => string,
): string {
  if (sessions.length === 0) return 'No session found, nothing to do.';
  return sessions
    .filter(({ success }) => success)
    .map(line)
    .join('\n');
}
