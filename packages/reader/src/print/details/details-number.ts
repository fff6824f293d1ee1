import type { DisplayBase } from '@ringtail/ctf';

/**
 * `-32,768`, `0x8000:0000`, `0644`: digits in groups, decimal ones from 10,000 on. Binary numbers appear in
 * hexadecimal.
 */
export function detailsInteger(value: number | bigint, base: DisplayBase = 10): string {
  const isNegative = value < 0;
  const sign = isNegative ? '-' : '';
  const digits = (isNegative ? -value : value).toString(base === 2 ? 16 : base);
  if (base === 10) return sign + (digits.length < 5 ? digits : grouped(digits, 3, ','));
  return base === 8 ? `${sign}0${grouped(digits, 3, ':')}` : `${sign}0x${grouped(digits, 4, ':')}`;
}

function grouped(digits: string, size: number, separator: string): string {
  const first = digits.length % size || size;
  let text = digits.slice(0, first);
  for (let at = first; at < digits.length; at += size) text += separator + digits.slice(at, at + size);
  return text;
}

/** C's `%f`: six decimals, ties to even. */
export function detailsFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  // `toFixed` gives up here, where all values are whole.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  if (Object.is(value, -0)) return '-0.000000';
  // `toFixed` rounds half up. Only odd multiples of 2^-7 lie halfway between two numbers of six decimals.
  const isTie = Math.abs(value * 128) % 2 === 1;
  const text = value.toFixed(6);
  return isTie && Number(text.at(-1)) % 2 === 1 ? value.toFixed(7).slice(0, -1) : text;
}
