import { type ChannelAttributes, type ClockKind, DEFAULT_CHANNEL, type EventRule } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { type Context, type OutputFormat, warn } from './context.ts';
import { CliError } from './errors.ts';
import { parseLogLevel } from './log-level.ts';

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** `a,b` as two names; a comma after a backslash is part of the name. */
export function splitNames(text: string): string[] {
  const names = text.split(/(?<!\\),/).map((name) => name.replaceAll('\\,', ','));
  if (names.some((name) => name === '')) throw new CliError('BAD_ARGUMENT', `an empty name in "${text}"`);
  return names;
}

export interface RuleOptions {
  readonly loglevel?: string;
  readonly loglevelOnly?: string;
  readonly exclude?: readonly string[];
}

/** The rule that records events called `pattern`, with what the options say of log levels and exclusions. */
export function eventRule(pattern: string, options: RuleOptions): EventRule {
  if (options.loglevel !== undefined && options.loglevelOnly !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'give either --loglevel or --loglevel-only');
  }
  const least = options.loglevel === undefined ? undefined : parseLogLevel(options.loglevel);
  const only = options.loglevelOnly === undefined ? undefined : parseLogLevel(options.loglevelOnly);
  const exclude = (options.exclude ?? []).flatMap(splitNames);
  return {
    pattern,
    ...(exclude.length > 0 && { exclude }),
    ...(least !== undefined && { logLevel: { from: 0, to: least } }),
    ...(only !== undefined && { logLevel: { from: only, to: only } }),
  };
}

export interface ChannelOptions {
  readonly subbufSize?: string;
  readonly numSubbuf?: string;
  readonly overwrite?: boolean;
  readonly discard?: boolean;
}

export function addChannelOptions(command: Command): Command {
  return command
    .option('--subbuf-size <size>', 'bytes of a sub-buffer, with k, M or G; rounded up to a power of two')
    .option('--num-subbuf <count>', 'sub-buffers of a ring; rounded up to a power of two')
    .addOption(new Option('--overwrite', 'when a ring is full, overwrite the oldest sub-buffer').conflicts('discard'))
    .addOption(new Option('--discard', 'when a ring is full, discard and count the newest events (default)'));
}

/** A channel with what the options say and defaults for the rest. Rounding up is told. */
export function channelAttributes(context: Context, name: string, options: ChannelOptions): ChannelAttributes {
  const size = options.subbufSize === undefined ? DEFAULT_CHANNEL.subBufBytes : parseSize(options.subbufSize);
  const count = options.numSubbuf === undefined ? DEFAULT_CHANNEL.subBufCount : parseCount(options.numSubbuf);
  return {
    ...DEFAULT_CHANNEL,
    name,
    mode: options.overwrite ? 'overwrite' : 'discard',
    subBufBytes: roundUp(context, '--subbuf-size', size, 4096),
    subBufCount: roundUp(context, '--num-subbuf', count, 2),
  };
}

function roundUp(context: Context, option: string, value: number, least: number): number {
  let rounded = least;
  while (rounded < value) rounded *= 2;
  if (rounded !== value) warn(context, `${option} is rounded up to ${rounded}`);
  return rounded;
}

/** `524288`, `512k`, `1M`, `1G` in bytes. */
export function parseSize(text: string): number {
  const match = /^(\d{1,15})([kKMG]?)$/.exec(text);
  if (match === null || Number(match[1]) === 0) {
    throw new CliError('BAD_ARGUMENT', `"${text}" is no size`, 'write bytes, or a number with k, M or G: 512k, 4M');
  }
  const factor = { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2] as '' | 'k' | 'K' | 'M' | 'G'];
  return Number(match[1]) * factor;
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw new CliError('BAD_ARGUMENT', `"${text}" is no number of sub-buffers`);
  }
  return Number(text);
}

export function clockOption(): Option {
  return new Option('--clock <clock>', 'clock of the trace')
    .choices(['monotonic', 'tsc'] satisfies ClockKind[])
    .default('monotonic');
}

export function outputFormatOption(): Option {
  return new Option('--output-format <format>', 'what results are written as').choices(['human', 'json']);
}

/** The format asked for, after the sub-command or before it. */
export function outputFormatOf(command: Command): OutputFormat {
  return (command.optsWithGlobals() as { outputFormat?: OutputFormat }).outputFormat ?? 'human';
}
