import { KEEP_ALL, type Retention } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { parseCount } from './quantity-options.ts';
import { parseByteLimit } from './unit-hints.ts';

const AGE_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export interface RetentionOptions {
  readonly keepAge?: string;
  readonly keepCount?: string;
  readonly keepSize?: string;
}

/** Adds `--keep-age`, `--keep-count` and `--keep-size`. @param things `archives`, in the plural */
export function addRetentionOptions(command: Command, things: string): Command {
  return command
    .option('--keep-age <age>', `remove ${things} that are older; with s, m, h, d or w. 0: no limit`)
    .option('--keep-count <count>', `number of ${things} that are kept, the newest. 0: no limit`)
    .option('--keep-size <size>', `size of all kept ${things} together, with k, M or G. 0: no limit`);
}

export function hasRetention({ keepAge, keepCount, keepSize }: RetentionOptions): boolean {
  return keepAge !== undefined || keepCount !== undefined || keepSize !== undefined;
}

/**
 * The limits that the options change; undefined where none is named. Warns of a size without a unit, likely in MiB.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
export function retentionChange(context: Context, options: RetentionOptions): Partial<Retention> | undefined {
  if (!hasRetention(options)) return undefined;
  const { keepAge, keepCount, keepSize } = options;
  return {
    ...(keepAge !== undefined && { ageSeconds: parseAge(keepAge) || null }),
    ...(keepCount !== undefined && { count: parseCount('--keep-count', keepCount, 0) || null }),
    ...(keepSize !== undefined && { bytes: parseByteLimit(context, '--keep-size', keepSize) }),
  };
}

/** The same, without a limit where an option is absent. @throws {CliError} `BAD_ARGUMENT` */
export function retentionOf(context: Context, options: RetentionOptions): Retention {
  return { ...KEEP_ALL, ...retentionChange(context, options) };
}

/** `90s`, `30m`, `12h`, `7d`, `2w` in seconds; `0`. @throws {CliError} `BAD_ARGUMENT` */
export function parseAge(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? [];
  const seconds = Number(digits) * (AGE_SECONDS[unit] ?? (Number(digits) === 0 ? 0 : Number.NaN));
  if (Number.isSafeInteger(seconds)) return seconds;
  throw new CliError('BAD_ARGUMENT', `"${text}" is no age`, 'write a number with s, m, h, d or w: 90s, 12h, 7d');
}
