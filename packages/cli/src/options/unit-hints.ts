import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { warn } from '../output/report.ts';
import { formatPeriodUs, parseLimit, parsePeriodUs, parseSize } from './quantity-options.ts';

// Numbers without a unit are microseconds and bytes, as in LTTng. A person who writes --period=2 means seconds. Options
// of LTTng warn, so that scripts for lttng go on. Options that only Ringtail has refuse a period below 1 ms.

const PERIOD_US_MIN = 1000;
const LIKELY_WAIT_US_MIN = 1_000_000;
const LIKELY_BYTES_MIN = 4096;

/** Microseconds of an option that LTTng has. Warns of less than a millisecond without a unit. */
export function parseTimerUs(context: Context, option: string, text: string): number {
  const us = parsePeriodUs(text);
  if (us > 0 && us < PERIOD_US_MIN && hasNoUnit(text)) warn(context, `${option}=${text}: ${secondsHint(text, us)}`);
  return us;
}

/**
 * Microseconds of an option of Ringtail alone. Warns of less than a second without a unit.
 *
 * @throws {CliError} `BAD_ARGUMENT` for less than a millisecond
 */
export function parseWaitUs(context: Context, option: string, text: string): number {
  const us = parsePeriodUs(text);
  if (us < PERIOD_US_MIN) {
    const hint = us > 0 && hasNoUnit(text) ? secondsHint(text, us) : `such as ${option}=2s`;
    throw new CliError('BAD_ARGUMENT', `${option}=${text} is too short: the least is 1ms`, hint);
  }
  if (us < LIKELY_WAIT_US_MIN && hasNoUnit(text)) {
    warn(context, `${option}=${text} is ${formatPeriodUs(us)}: a number without a unit is in microseconds`);
  }
  return us;
}

/** Bytes of an option that LTTng has. Warns of less than a page without a unit. */
export function parseChunkBytes(context: Context, option: string, text: string): number {
  const bytes = parseSize(text);
  warnOfBytes(context, option, text, bytes);
  return bytes;
}

/** Bytes of `--max-size` of a snapshot; null for 0, which means no limit. Warns of less than a page without a unit. */
export function parseSnapshotLimit(context: Context, text: string): number | null {
  return parseByteLimit(context, '--max-size', text);
}

/** Bytes of an option for which 0 means no limit, then null. Warns of less than a page without a unit. */
export function parseByteLimit(context: Context, option: string, text: string): number | null {
  const bytes = parseLimit(text);
  warnOfBytes(context, option, text, bytes ?? 0);
  return bytes;
}

function warnOfBytes(context: Context, option: string, text: string, bytes: number): void {
  if (bytes === 0 || bytes >= LIKELY_BYTES_MIN || !hasNoUnit(text)) return;
  warn(context, `${option}=${text}: a number without a unit is in bytes. For MiB, write ${text}M`);
}

function secondsHint(text: string, us: number): string {
  return `a number without a unit is in microseconds, so this is ${formatPeriodUs(us)}. For seconds, write ${text}s`;
}

function hasNoUnit(text: string): boolean {
  return /^\d+$/.test(text);
}
