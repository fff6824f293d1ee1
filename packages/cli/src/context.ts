import { describeError, RingtailError } from '@ringtail/base';
import { CliError } from './errors.ts';
import { type Style, styleFor } from './style.ts';

export type OutputFormat = 'human' | 'json';

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a sub-command knows of the world around it. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** Directory against which relative paths are meant. */
  readonly cwd: string;
  readonly now: () => Date;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Writes a command's result to standard output, or to `stream`: one line of JSON, or text. */
export function report(
  context: Context,
  format: OutputFormat,
  json: unknown,
  human: (style: Style) => string,
  stream: OutputStream = context.stdout,
): void {
  stream.write(format === 'json' ? `${JSON.stringify(json)}\n` : `${human(styleFor(stream, context.env))}\n`);
}

/** Something a person ought to know, on standard error. */
export function warn(context: Context, message: string): void {
  context.stderr.write(`${styleFor(context.stderr, context.env).yellow('warning:')} ${message}\n`);
}

/** A failed command, on standard error, with the next step where one is known. */
export function reportError(context: Context, format: OutputFormat, error: unknown): void {
  const code = error instanceof RingtailError ? error.code : 'UNEXPECTED';
  const hint = error instanceof CliError ? error.hint : undefined;
  const message = describeError(error);
  report(
    context,
    format,
    { error: { code, message, ...(hint !== undefined && { hint }) } },
    (style) => `${style.red('ringtail: error:')} ${message}${hint === undefined ? '' : `\n  ${hint}`}`,
    context.stderr,
  );
}
