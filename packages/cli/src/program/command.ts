import type { Command } from 'commander';
import type { Context } from '../context/context.ts';

/** How this process ends: with an exit code, or by the signal that ended the command it ran. */
export interface Outcome {
  readonly code: number;
  readonly signal?: NodeJS.Signals;
}

export interface ActOptions {
  /** Whether a program of the user writes to the same terminal: each message then begins on a line of its own. */
  readonly besideProgram?: boolean;
}

/** Sets the action of a sub-command. An error that the action throws becomes a message and an exit code. */
export type Act = <Args extends unknown[]>(
  command: Command,
  action: (...args: Args) => Promise<Outcome | undefined> | Outcome | undefined,
  options?: ActOptions,
) => void;

/** Adds a sub-command to the program. */
export type AddCommand = (program: Command, context: Context, act: Act) => Command;

/** Sub-commands by name, in the order of the help. Each is loaded when a command line needs it. */
export type CommandTable = Readonly<Record<string, () => Promise<AddCommand>>>;
