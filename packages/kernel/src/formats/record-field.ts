import { bytesOfType, type FormatField } from './event-format.ts';

/** Bytes of an integer in the trace. */
export type IntegerBytes = 1 | 2 | 4 | 8;

/** Type of an integer in the trace. */
export interface IntegerShape {
  readonly bytes: IntegerBytes;
  readonly signed: boolean;
  readonly base: 10 | 16;
}

/**
 * Place of the bytes of a dynamic field: a word at `offset` whose low half is the offset of the bytes and whose high
 * half is their number. The offset counts from the start of the record, or (`relative`) from behind the word.
 */
export interface DynamicPlace {
  readonly offset: number;
  readonly relative: boolean;
}

/** A field of an event record: where the kernel has it, and its type in the trace. */
export type RecordField = { readonly name: string } & (
  | {
      readonly kind: 'integer';
      readonly offset: number;
      readonly shape: IntegerShape;
      /** Subtracted from the kernel's value. */
      readonly minus: number;
    }
  /** Text that ends with its first null character, or with the array. */
  | { readonly kind: 'text'; readonly offset: number; readonly length: number }
  | { readonly kind: 'array'; readonly offset: number; readonly length: number; readonly element: IntegerShape }
  | { readonly kind: 'string'; readonly place: DynamicPlace }
  | { readonly kind: 'sequence'; readonly place: DynamicPlace; readonly element: IntegerShape }
);

/** A field whose place in a record is fixed, and one whose place each record tells. */
export type FixedField = Extract<RecordField, { readonly kind: 'integer' | 'text' | 'array' }>;
export type DynamicField = Exclude<RecordField, FixedField>;

export function isFixed(field: RecordField): field is FixedField {
  return field.kind === 'integer' || field.kind === 'text' || field.kind === 'array';
}

const DYNAMIC = /^__(data|rel)_loc (.+?)(?:\[\])?$/;
const BYTE: IntegerShape = { bytes: 1, signed: false, base: 16 };

/**
 * The type of a field in the trace.
 *
 * @param declares whether `type` is a declaration that may be narrower than the field: arguments of system calls take
 *   eight bytes each
 */
export function recordFieldOf(field: FormatField, name: string, declares: boolean): RecordField {
  const { type, length, offset, size } = field;
  const [, kind, element] = DYNAMIC.exec(type) ?? [];
  if (element !== undefined) {
    const place = { offset, relative: kind === 'rel' };
    if (element === 'char') return { kind: 'string', name, place };
    return { kind: 'sequence', name, place, element: elementOf(element, bytesOfType(element)) };
  }
  if (length !== undefined) {
    if (type === 'char' && size === length) return { kind: 'text', name, offset, length };
    const bytes = size / length;
    if (isIntegerSize(bytes)) return { kind: 'array', name, offset, length, element: elementOf(type, bytes) };
    return { kind: 'array', name, offset, length: size, element: BYTE };
  }
  if (!isIntegerSize(size)) return { kind: 'array', name, offset, length: size, element: BYTE };
  const shape =
    declares && size === 8 ? declaredShape(type) : { bytes: size, signed: field.signed, base: baseOf(type) };
  return { kind: 'integer', name, offset, shape, minus: 0 };
}

function isIntegerSize(bytes: number): bytes is IntegerBytes {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}

function elementOf(type: string, bytes: number | undefined): IntegerShape {
  if (bytes === undefined || !isIntegerSize(bytes)) return BYTE;
  return { bytes, signed: isSigned(type), base: bytes === 1 ? 16 : baseOf(type) };
}

/** Addresses are hexadecimal. */
function baseOf(type: string): 10 | 16 {
  return type.includes('*') ? 16 : 10;
}

function isSigned(type: string): boolean {
  return /^(?:const )?(?:signed .*|short|int|long|long long|(?:__)?s(?:8|16|32|64)|int(?:8|16|32|64)_t)$/.test(type);
}

/** Types of arguments of system calls that are not as wide as a register. */
const NARROW: readonly (readonly [types: RegExp, bytes: IntegerBytes, signed: boolean])[] = [
  [/^(?:umode_t|u16|__u16|short unsigned int|unsigned short)$/, 2, false],
  [/^(?:unsigned|unsigned int|u32|__u32|uint32_t|uid_t|gid_t|qid_t|enum \w+)$/, 4, false],
  [/^(?:int|s32|__s32|int32_t|pid_t|mqd_t|key_t|key_serial_t|clockid_t|timer_t|rwf_t)$/, 4, true],
];
const SIGNED_WIDE = /^(?:long|long long|ssize_t|off_t|loff_t|time_t|s64|__s64|time64_t)$/;

function declaredShape(type: string): IntegerShape {
  const plain = type.replace(/\bconst\b/g, '').trim();
  const narrow = NARROW.find(([types]) => types.test(plain));
  if (narrow !== undefined) return { bytes: narrow[1], signed: narrow[2], base: 10 };
  return { bytes: 8, signed: SIGNED_WIDE.test(plain), base: baseOf(type) };
}
