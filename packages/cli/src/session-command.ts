import { RingtailError } from '@ringtail/base';
import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { SessionDescription } from '@ringtail/protocol';
import { type Context, type OutputFormat, reportError, warn } from './context.ts';
import { readCurrentSession, sessionNamed } from './current-session.ts';
import { withDaemon } from './daemon.ts';
import { CliError, ExitCode } from './errors.ts';
import { exitCodeOf, isWarning } from './exit-codes.ts';
import { didYouMean } from './nearest.ts';
import { nextStep } from './next-steps.ts';
import { matchesShellPattern } from './shell-pattern.ts';

/**
 * Does something with one session: the one named, else the current one.
 *
 * @throws {CliError} `NO_SUCH_SESSION` with the nearest name and the next step, and whatever the daemon refuses
 */
export async function onSession<T>(
  context: Context,
  named: string | undefined,
  action: (client: SessionDaemonClient, session: string) => Promise<T>,
): Promise<T> {
  const session = sessionNamed(context, named);
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

/** The same error with what to do about it, and the nearest name where that of the session or the channel is wrong. */
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
    const channels = sessions.find(({ name }) => name === session)?.channels.map(({ name }) => name) ?? [];
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

/** `--no-wait` makes it false. */
export interface WaitOption {
  readonly wait: boolean;
}

/** Which sessions a command is about: NAME, `--all`, or with `--glob` those whose names match. */
export interface SessionChoice {
  readonly all?: boolean;
  readonly glob?: boolean;
}

/**
 * @throws {CliError} `BAD_ARGUMENT` if the options contradict each other
 */
export async function chosenSessions(
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

/** One session after the other; one that cannot be done does not keep the others from it. */
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

/** A line for each session with which it was done; where none was found, that there was nothing to do. */
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

interface AttemptPlace {
  readonly client: SessionDaemonClient;
  readonly session: string;
  /** The channel that was named. */
  readonly channel?: string | undefined;
}

/** Several things that one command does: each that fails is told, the others are done, and the exit code is the first failure's, else the first warning's. */
export class Attempts {
  readonly #context: Context;
  readonly #format: OutputFormat;
  readonly #command: string;
  /** Exit code of the command. */
  code: number = ExitCode.OK;
  #failed = false;

  constructor(context: Context, format: OutputFormat, command: string) {
    this.#context = context;
    this.#format = format;
    this.#command = command;
  }

  /** The action's result; undefined if it failed. Without its daemon, or with a defect of ours, the rest is not tried. */
  async try<T>(place: AttemptPlace, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (failure) {
      const error = await withNextStep(this.#context, place.client, place.session, failure, place.channel);
      if (!(error instanceof RingtailError) || error.code === 'DAEMON_GONE') throw error;
      const warning = isWarning(error);
      if (!this.#failed && !(warning && this.code !== ExitCode.OK)) this.code = exitCodeOf(error, this.#command);
      this.#failed ||= !warning;
      if (warning && this.#format === 'human') warn(this.#context, error.describe());
      else reportError(this.#context, this.#format, error);
      return undefined;
    }
  }
}
