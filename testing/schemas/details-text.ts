import type { FieldSpec, IntegerSpec, NamedFieldSpec } from '@ringtail/ctf';
import type { Expected } from './random-value.ts';

/**
 * Output of Babeltrace's `sink.text.details` for fields that hold `values`, after the name of their structure. Made
 * only from specifications and values, to check the encoder, the metadata and the decoder.
 */
export function detailsOfFields(
  fields: readonly NamedFieldSpec[],
  values: readonly Expected[],
  indent: string,
): string {
  const members = fields.flatMap(({ name, spec }, i) => membersOf(name, spec, values[i] as Expected, `${indent}  `));
  return members.length === 0 ? ' Empty' : members.map((member) => `\n${member}`).join('');
}

/** Decimal with a comma every three digits from 10,000 on. */
export function detailsOfInteger(value: bigint, base: IntegerSpec['base'] = 10): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString(base === 2 ? 16 : base);
  if (base === 10) return sign + (digits.length < 5 ? digits : grouped(digits, 3, ','));
  return base === 8 ? `${sign}0${grouped(digits, 3, ':')}` : `${sign}0x${grouped(digits, 4, ':')}`;
}

/** The lines of the members that a field becomes. */
function membersOf(name: string, spec: FieldSpec, value: Expected, indent: string): string[] {
  const member = `${indent}${name}:`;
  switch (spec.kind) {
    case 'filter-only':
      return [];
    case 'optional':
      return [
        `${indent}_${name}_tag: ${value === null ? 0 : 1}`,
        member + (value === null ? ' Empty' : contentOf(spec.content, value, indent)),
      ];
    case 'text': {
      const text = value as string;
      const length = detailsOfInteger(BigInt(new TextEncoder().encode(text).length));
      return [`${indent}_${name}_length: ${length}`, `${member} ${text.split('\0')[0]}`];
    }
    case 'bytes': {
      const bytes = Array.from(value as Uint8Array, (byte) => ` ${detailsOfInteger(BigInt(byte), 16)}`);
      return [`${indent}_${name}_length: ${bytes.length}`, member + listOf(bytes, indent)];
    }
    case 'sequence': {
      const elements = value as readonly Expected[];
      const contents = elements.map((element) => contentOf(spec.element, element, `${indent}  `));
      return [`${indent}_${name}_length: ${elements.length}`, member + listOf(contents, indent)];
    }
    default:
      return [member + contentOf(spec, value, indent)];
  }
}

/** The text after the colon of a name or an index. */
function contentOf(spec: FieldSpec, value: Expected, indent: string): string {
  switch (spec.kind) {
    case 'integer':
      return ` ${detailsOfInteger(value as bigint, spec.base)}`;
    case 'enumeration':
      return ` ${detailsOfInteger(value as bigint, spec.container.base)}`;
    case 'float':
      return ` ${fixedPoint(value as number)}`;
    case 'boolean':
      return value ? ' 1' : ' 0';
    case 'string':
      return ` ${value}`;
    case 'array':
      return listOf(
        (value as readonly Expected[]).map((element) => contentOf(spec.element, element, `${indent}  `)),
        indent,
      );
    case 'structure':
      return detailsOfFields(spec.members, value as readonly Expected[], indent);
    default:
      return membersOf('value', spec, value, `${indent}  `)
        .map((member) => `\n${member}`)
        .join('');
  }
}

function listOf(contents: readonly string[], indent: string): string {
  if (contents.length === 0) return ' Empty';
  return ` Length ${contents.length}:${contents.map((content, i) => `\n${indent}  [${i}]:${content}`).join('')}`;
}

function grouped(digits: string, size: number, separator: string): string {
  const first = digits.length % size || size;
  const groups = [digits.slice(0, first)];
  for (let at = first; at < digits.length; at += size) groups.push(digits.slice(at, at + size));
  return groups.join(separator);
}

/** C's `%f`: six decimals, exact, a tie to the even digit. */
function fixedPoint(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n) || 1;
  const mantissa = (bits & (2n ** 52n - 1n)) | (bits >> 52n === 0n ? 0n : 2n ** 52n);
  const shift = BigInt(exponent - 1075);
  const millionths = shift >= 0n ? (mantissa << shift) * 1_000_000n : roundedShift(mantissa * 1_000_000n, -shift);
  const digits = millionths.toString().padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function roundedShift(value: bigint, by: bigint): bigint {
  const whole = value >> by;
  const rest = value - (whole << by);
  const half = 1n << (by - 1n);
  return rest > half || (rest === half && whole % 2n === 1n) ? whole + 1n : whole;
}
