import { CliError } from './errors.ts';

const SIZE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const PERIOD_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** `524288`, `512k`, `1M`, `1G` in bytes, at least 1. */
export function parseSize(text: string): number {
  const bytes = parseSizeOrZero(text);
  if (bytes === 0) throw badSize(text);
  return bytes;
}

/** The same, where 0 means that there is no limit. */
export function parseSizeOrZero(text: string): number {
  const match = /^(\d{1,15})([kKMG]?)$/.exec(text);
  const bytes = match === null ? Number.NaN : Number(match[1]) * (SIZE_FACTORS[match[2] as string] as number);
  if (!Number.isSafeInteger(bytes)) throw badSize(text);
  return bytes;
}

function badSize(text: string): CliError {
  return new CliError('BAD_ARGUMENT', `"${text}" is no size`, 'write bytes, or a number with k, M or G: 512k, 4M');
}

/** `1000`, `1000us`, `5ms`, `10s`, `2m`, `1h` in microseconds. */
export function parsePeriodUs(text: string): number {
  const match = /^(\d{1,15})(us|ms|s|m|h)?$/.exec(text);
  const us = match === null ? Number.NaN : Number(match[1]) * (PERIOD_FACTORS[match[2] ?? ''] as number);
  if (Number.isSafeInteger(us)) return us;
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no period`,
    'write microseconds, or a number with us, ms, s, m or h: 500ms, 10s',
  );
}

/** A whole number of at least `least`, and at most `most` where that is given. */
export function parseCount(option: string, text: string, least: number, most?: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= (most ?? count)) return count;
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no number for ${option}`,
    `a whole number ${most === undefined ? `of at least ${least}` : `from ${least} to ${most}`}`,
  );
}
