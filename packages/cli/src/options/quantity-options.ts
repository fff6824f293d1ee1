import { CliError } from '../errors/cli-error.ts';

const SIZE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const PERIOD_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** A whole number as in C: decimal, octal after a `0`, hexadecimal after `0x`. */
const WHOLE = /^(?:0[xX][0-9a-fA-F]{1,13}|0[0-7]{0,17}|[1-9][0-9]{0,14})$/;
const SIZE = /^([0-9a-fA-FxX]+)([kKMG]?)$/;
const COUNT_MAX = 999_999_999;

/** `524288`, `0x80000`, `512k`, `1M`, `1G` in bytes, at least 1. */
export function parseSize(text: string): number {
  const bytes = parseSizeOrZero(text);
  if (bytes === 0) throw badSize(text);
  return bytes;
}

/** The same; 0 is allowed, and means no limit. */
export function parseSizeOrZero(text: string): number {
  const bytes = sizeOf(text);
  if (!Number.isSafeInteger(bytes)) throw badSize(text);
  return bytes;
}

/** A limit in bytes; null for 0, which means no limit. */
export function parseLimit(text: string): number | null {
  return parseSizeOrZero(text) || null;
}

function sizeOf(text: string): number {
  const match = SIZE.exec(text);
  if (match === null) return Number.NaN;
  const [, digits, suffix] = match as unknown as [string, string, string];
  return wholeOf(digits) * (SIZE_FACTORS[suffix] as number);
}

function wholeOf(digits: string): number {
  if (!WHOLE.test(digits)) return Number.NaN;
  return /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}

function badSize(text: string): CliError {
  return new CliError('BAD_ARGUMENT', `"${text}" is no size`, 'write bytes, or a number with k, M or G: 512k, 4M');
}

/** `1000`, `1000us`, `5ms`, `10s`, `2m`, `1h` in microseconds; undefined for other text. */
export function periodUsOf(text: string): number | undefined {
  const match = /^(\d{1,15})(us|ms|s|m|h)?$/.exec(text);
  const us = match === null ? Number.NaN : Number(match[1]) * (PERIOD_FACTORS[match[2] ?? ''] as number);
  return Number.isSafeInteger(us) ? us : undefined;
}

/** A period in microseconds, written for `periodUsOf`. */
export function formatPeriodUs(us: number): string {
  const [unit, factor] = Object.entries(PERIOD_FACTORS).findLast(([, factor]) => us % factor === 0) ?? ['us', 1];
  return `${us / factor}${unit}`;
}

/** A period in microseconds. @throws {CliError} `BAD_ARGUMENT` */
export function parsePeriodUs(text: string): number {
  const us = periodUsOf(text);
  if (us !== undefined) return us;
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no period`,
    'write microseconds, or a number with us, ms, s, m or h: 500ms, 10s',
  );
}

/** A whole number from `least` to `most`. */
export function parseCount(option: string, text: string, least: number, most = COUNT_MAX): number {
  const count = wholeOf(text);
  if (count >= least && count <= most) return count;
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no number for ${option}`,
    `a whole number ${most === COUNT_MAX ? `of at least ${least}` : `from ${least} to ${most}`}`,
  );
}
