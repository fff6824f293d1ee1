import type { DisplayBase } from '@ringtail/ctf';

type IntegerText = (value: number | bigint) => string;

/**
 * Compiles an integer class into a function that prints its integers: `17`, `0xFF`, `0377`, `0b11111111`. Negative
 * integers are printed in two's complement, except in decimal.
 *
 * Integers of variable length are printed like integers of 64 bits.
 */
export function integerText({ base, bits = 64 }: { base: DisplayBase; bits?: number }): IntegerText {
  switch (base) {
    case 10:
      return String;
    case 16:
      return (value) => `0x${digits(value, 16, roundUp(bits, 4)).toUpperCase()}`;
    case 8:
      return (value) => `0${digits(value, 8, roundUp(bits, 3))}`;
    default:
      return (value) => `0b${digits(value, 2, bits).padStart(bits, '0')}`;
  }
}

/** A negative value has as many bits as whole digits have, up to 64. */
function digits(value: number | bigint, base: DisplayBase, bits: number): string {
  return value < 0 ? BigInt.asUintN(Math.min(bits, 64), BigInt(value)).toString(base) : value.toString(base);
}

function roundUp(bits: number, step: number): number {
  return Math.ceil(bits / step) * step;
}

const scratch = new Float64Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);

/** Text of C's `%g`: six significant digits, without trailing zeros, an exponent of two digits or none. */
export function floatText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return Object.is(value, -0) ? '-0' : String(value);
  if (!Number.isFinite(value)) return notFiniteText(value);
  const [mantissa, exponentText] = sixDigits(value).split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return withoutZeros(Number(`${mantissa}e${exponent}`).toFixed(5 - exponent));
  const sign = exponent < 0 ? '-' : '+';
  return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** C distinguishes the sign of NaN, which arithmetic here cannot see. */
function notFiniteText(value: number): string {
  if (!Number.isNaN(value)) return value < 0 ? '-inf' : 'inf';
  scratch[0] = value;
  return scratchBytes[7]! & 0x80 ? '-nan' : 'nan';
}

/** C rounds ties to even, `toExponential` rounds them up. Only a seventh digit of 5 with nothing behind it is a tie. */
function sixDigits(value: number): string {
  const text = value.toExponential(5);
  if (!/5e/.test(value.toExponential(6))) return text;
  const exact = /^-?(\d)\.(\d{5})50*e(.*)$/.exec(value.toExponential(60));
  if (exact === null || Number(exact[2]!.at(-1)) % 2 === 1) return text;
  return `${value < 0 ? '-' : ''}${exact[1]}.${exact[2]}e${exact[3]}`;
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
