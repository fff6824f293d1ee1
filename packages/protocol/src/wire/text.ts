/** Shapes of texts that are safe in names, logs and on terminals. */
import { refuseShape, type Shape, text } from './shape.ts';

// Control characters and line separators; halves of surrogate pairs, since two texts that differ only there would be
// one file name; noncharacters that no XML document may hold, thus no saved session either.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, 'gu');

/** Text of 1 to `bytesMax` bytes of UTF-8 without control characters and the like. */
/* @__NO_SIDE_EFFECTS__ */
export function plainText(bytesMax: number): Shape<string> {
  return (value, name, extent) => {
    if (extent === 'types') return text(value, name, extent);
    if (
      typeof value === 'string' &&
      value.length > 0 &&
      value.length <= bytesMax &&
      Buffer.byteLength(value) <= bytesMax &&
      !UNPRINTABLE.test(value)
    ) {
      return value;
    }
    return refuseShape(
      `${name} must be a text of 1 to ${bytesMax} bytes without control characters, line separators, U+FFFE and U+FFFF`,
    );
  };
}

/** Text of a program, for people: cut to `lengthMax` characters and made safe for logs and terminals. */
/* @__NO_SIDE_EFFECTS__ */
export function foreignText(lengthMax: number): Shape<string> {
  return (value, name, extent) => {
    const whole = text(value, name, extent);
    return extent === 'all' ? printable(whole, lengthMax) : whole;
  };
}

/** The same for several lines: newlines stay. */
/* @__NO_SIDE_EFFECTS__ */
export function foreignLines(lengthMax: number): Shape<string> {
  return (value, name, extent) => {
    const whole = text(value, name, extent);
    if (extent === 'types') return whole;
    const lines = whole.slice(0, lengthMax).split('\n');
    return lines.map((line) => printable(line, lengthMax)).join('\n');
  };
}

/** At most `lengthMax` characters of a text, with `?` for each character that is unsafe in logs and on terminals. */
export function printable(unsafe: string, lengthMax: number): string {
  return unsafe.slice(0, lengthMax).replace(UNPRINTABLE_ALL, '?');
}
