import { RingtailError } from '@ringtail/base';
import type { SessionDaemonClient } from '@ringtail/ctl';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { ExitCode, exitCodeOf, isWarning } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { type OutputFormat, reportError, warn } from '../output/report.ts';
import { withNextStep } from './on-session.ts';

interface AttemptPlace {
  readonly client: SessionDaemonClient;
  readonly session: string;
  /** The channel that the command names. */
  readonly channel?: string | undefined;
}

/** Errors after which the other actions of a command would fail as well. */
const ENDING: readonly string[] = ['DAEMON_GONE', 'UNSUPPORTED'];

/**
 * Several actions of one command. Each failure is reported, the other actions are carried out. The exit code is that of
 * the first failure, else of the first warning.
 */
export class Attempts {
  /** Exit code of the command. */
  code: number = ExitCode.OK;
  readonly #context: Context;
  readonly #format: OutputFormat;
  readonly #command: string;
  #failed = false;

  constructor(context: Context, command: Command) {
    this.#context = context;
    this.#format = outputFormatOf(command);
    this.#command = command.name();
  }

  /** Format of the command's results. */
  get format(): OutputFormat {
    return this.#format;
  }

  /**
   * The action's result; undefined if it failed. A lost daemon, an action that the daemon cannot carry out for any
   * argument, or a defect of ours ends the command.
   */
  async try<T>(place: AttemptPlace, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (failure) {
      const error = await withNextStep(this.#context, place.client, place.session, failure, place.channel);
      if (!(error instanceof RingtailError) || ENDING.includes(error.code)) throw error;
      const warning = isWarning(error);
      if (!this.#failed && !(warning && this.code !== ExitCode.OK)) this.code = exitCodeOf(error, this.#command);
      this.#failed ||= !warning;
      if (warning && this.#format === 'human') warn(this.#context, error.describe());
      else reportError(this.#context, this.#format, error);
      return undefined;
    }
  }

  /** The same without a result. @returns whether the action succeeded */
  async succeeds(place: AttemptPlace, action: () => Promise<unknown>): Promise<boolean> {
    return (await this.try(place, async () => ({ result: await action() }))) !== undefined;
  }
}

/** A line for each action with success. */
export function successLines<T extends { readonly success: boolean }>(
  attempts: readonly T[],
  line: (attempt: T) => string,
): string {
  return attempts
    .filter(({ success }) => success)
    .map(line)
    .join('\n');
}
