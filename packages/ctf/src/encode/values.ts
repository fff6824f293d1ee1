import { RingtailError } from '@ringtail/base';
import type { EnumerationSpec } from '../schema/field-spec.ts';
import type { WrongValue } from './wrong-values.ts';

/**
 * Conversion of an application's values into values of fields, as a typed array converts them. Everything here may
 * throw: the recorder counts the event as failed.
 */

export type ValueErrorCode = 'UNKNOWN_LABEL' | 'NOT_A_LIST' | 'NOT_BYTES';

/** A value that no conversion makes fit for its field. */
export class ValueError extends RingtailError<ValueErrorCode> {
  override readonly name = 'ValueError';
}

const U32 = 4294967296;
/** Captured at load: programs may replace them. */
const { asIntN, asUintN } = BigInt;

/**
 * Writes the low 64 bits of a `bigint` or of the integer part of a number. Exact for safe integers.
 *
 * @param wrong gets a value that is no unsigned integer of 64 bits
 */
export function putU64(dv: DataView, p: number, value: unknown, wrong?: WrongValue): void {
  if (typeof value === 'number') {
    const whole = Math.trunc(value);
    const high = Math.floor(whole / U32);
    dv.setUint32(p, whole, true);
    dv.setUint32(p + 4, high, true);
    if (whole !== value || high >>> 0 !== high) wrong?.(value);
  } else putOther(dv, p, value, asUintN, wrong);
}

/** The same for signed integers. */
export function putI64(dv: DataView, p: number, value: unknown, wrong?: WrongValue): void {
  if (typeof value === 'number') {
    const whole = Math.trunc(value);
    const high = Math.floor(whole / U32);
    dv.setUint32(p, whole, true);
    dv.setUint32(p + 4, high, true);
    if (whole !== value || (high | 0) !== high) wrong?.(value);
  } else putOther(dv, p, value, asIntN, wrong);
}

/** Writes a `bigint`, or the number that a typed array would make of the value. @param narrow to 64 bits */
function putOther(dv: DataView, p: number, value: unknown, narrow: typeof asIntN, wrong: WrongValue | undefined): void {
  if (typeof value === 'bigint') {
    dv.setBigUint64(p, value, true);
    if (narrow(64, value) !== value) wrong?.(value);
    return;
  }
  wrong?.(value);
  const whole = Math.trunc(value as number);
  dv.setUint32(p, whole, true);
  dv.setUint32(p + 4, Math.floor(whole / U32), true);
}

/** An array, a typed array, or anything iterable made into an array. @param wrong gets a value that is no list */
export function toList(value: unknown, wrong?: WrongValue): ArrayLike<unknown> {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return value as unknown as ArrayLike<unknown>;
  }
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return [...(value as Iterable<unknown>)];
  wrong?.(value);
  throw new ValueError('NOT_A_LIST', `a sequence takes an array, a typed array or an iterable, not ${typeof value}`);
}

/** The bytes of a buffer, of any view on one, or of a list of numbers. @param wrong gets others */
export function toBytes(value: unknown, wrong?: WrongValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isPlainBuffer(value)) return new Uint8Array(value);
  if (Array.isArray(value)) {
    const bytes = Uint8Array.from(value);
    const at = wrong === undefined ? -1 : bytes.findIndex((byte, i) => byte !== value[i]);
    if (at >= 0) wrong?.(value[at]);
    return bytes;
  }
  wrong?.(value);
  throw new ValueError('NOT_BYTES', `bytes take a buffer, a view or an array of numbers, not ${typeof value}`);
}

/** By its tag, since it may come from another realm, and not every realm has shared memory. */
function isPlainBuffer(value: unknown): value is ArrayBufferLike {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}

/** From label to the lowest value that has it. */
export type LabelTable = ReadonlyMap<string, bigint | number>;

export function labelTable(spec: EnumerationSpec): LabelTable {
  const table = new Map<string, bigint | number>();
  for (const [label, lower] of spec.ranges) {
    if (!table.has(label)) table.set(label, spec.container.bits === 64 ? BigInt(lower) : Number(lower));
  }
  return table;
}

/** An enumeration's value: a label, or an integer as it is. @param wrong gets an unknown label */
export function toEnumerator(labels: LabelTable, value: unknown, wrong?: WrongValue): unknown {
  if (typeof value !== 'string') return value;
  const enumerator = labels.get(value);
  if (enumerator === undefined) {
    wrong?.(value);
    throw new ValueError('UNKNOWN_LABEL', `no enumerator is called ${JSON.stringify(value)}`);
  }
  return enumerator;
}

/** Copies bytes into a record; short runs without the cost of a temporary view. */
export function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, count: number): void {
  if (count > 64) {
    to.set(from.subarray(start, start + count), at);
    return;
  }
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
