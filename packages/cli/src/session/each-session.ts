import type { SessionDaemonClient } from '@ringtail/ctl';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { CommandResult } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { report } from '../output/report.ts';
import { warnOfLoss } from '../output/statistics.ts';
import { Attempts, successLines } from './attempts.ts';
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
  if (!choice.all && !choice.glob) return [await sessionNamed(context, name)];
  if (choice.glob && name === undefined) throw new CliError('BAD_ARGUMENT', '--glob needs a pattern of names');
  const names = (await client.listSessions()).map((session) => session.name);
  return choice.all ? names : names.filter((one) => matchesShellPattern(name as string, one));
}

type Done<T> = { readonly session: string; readonly success: boolean } & Partial<T>;

export interface EachSession<T> {
  readonly choice: { readonly name: string | undefined; readonly options: SessionChoice };
  readonly action: (client: SessionDaemonClient, session: string) => Promise<T>;
  readonly result: (sessions: Done<T>[]) => CommandResult;
  /** Text for a session with success. */
  readonly describe: (done: Done<T>) => string;
}

/**
 * Carries out a command on one session after the other, and reports the results. After a failure it goes on with the
 * next session.
 */
export async function onEachSession<T extends { readonly statistics?: SessionStatistics }>(
  context: Context,
  command: Command,
  { choice, action, result, describe }: EachSession<T>,
): Promise<Attempts> {
  const attempts = new Attempts(context, command);
  const sessions = await withDaemon(context, async (client) => {
    const done: Done<T>[] = [];
    for (const session of await chosenSessions(context, client, choice.name, choice.options)) {
      const added = await attempts.try({ client, session }, () => action(client, session));
      done.push({ session, success: added !== undefined, ...added } as Done<T>);
    }
    return done;
  });
  report(context, attempts.format, result(sessions), () =>
    sessions.length === 0 ? 'No session found, nothing to do.' : successLines(sessions, describe),
  );
  for (const { statistics } of sessions) if (statistics !== undefined) warnOfLoss(context, statistics);
  return attempts;
}
