import { describeError, RingtailError } from '@ringtail/base';
import { jsonText } from '@ringtail/base/text';
import { CtlError } from '@ringtail/ctl';
import type { CommandResult } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { foreignHomeHint } from '../context/foreign-home.ts';
import type { OutputStream } from '../context/visible-stream.ts';
import { CliError } from '../errors/cli-error.ts';
import { lttngNumberOf } from '../errors/exit-codes.ts';
import { writeMi } from '../mi/write-mi.ts';
import { type Style, styleFor } from './style.ts';

/** `mi` is LTTng's machine interface, XML. */
export type OutputFormat = 'human' | 'json' | 'mi';

/** Writes a command's result to standard output: one line of JSON, LTTng's XML, or text. */
export function report(
  context: Context,
  format: OutputFormat,
  result: CommandResult,
  human: (style: Style) => string,
): void {
  if (format === 'mi') context.stdout.write(writeMi(result));
  else reportTo(context, context.stdout, format, result, human);
}

/** Writes a value to a stream: one line of JSON, or text. Empty text is not written. */
export function reportTo(
  context: Context,
  stream: OutputStream,
  format: OutputFormat,
  json: unknown,
  human: (style: Style) => string,
): void {
  if (format === 'json') {
    stream.write(`${jsonText(json)}\n`);
  } else if (!context.settings.quiet) {
    const text = human(styleFor(stream, context.env));
    if (text !== '') stream.write(`${text}\n`);
  }
}

/** Writes a warning for people to standard error. */
export function warn(context: Context, message: string): void {
  if (context.settings.quiet) return;
  context.stderr.write(`${styleFor(context.stderr, context.env).yellow('warning:')} ${continued(message)}\n`);
}

/** Writes a message to standard error with `-v` only. */
export function explain(context: Context, message: string): void {
  if (context.settings.verbosity === 0) return;
  context.stderr.write(`${styleFor(context.stderr, context.env).dim(continued(message))}\n`);
}

/** Writes the error of a command to standard error, with the next step where one is known. */
export function reportError(context: Context, format: OutputFormat, error: unknown): void {
  const code = error instanceof RingtailError ? error.code : 'UNEXPECTED';
  const ownHint = error instanceof CliError || error instanceof CtlError ? error.hint : undefined;
  const findings = error instanceof CliError ? error.findings : [];
  const message = describeError(error);
  const hint = [ownHint, foreignHomeHint(context, message)].filter(Boolean).join('\n') || undefined;
  const number = lttngNumberOf(code);
  reportTo(
    context,
    context.stderr,
    format,
    {
      error: {
        code,
        message,
        ...(hint !== undefined && { hint }),
        ...(number !== undefined && { lttngCode: number }),
        ...(findings.length > 0 && { findings }),
      },
    },
    (style) =>
      `${style.red('ringtail: error:')} ${continued(message)}${hint === undefined ? '' : `\n${indented(hint)}`}`,
  );
}

/** The message with its further lines indented, so that no name in it looks like another message. */
export function continued(message: string): string {
  return message.replaceAll('\n', '\n  ');
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
