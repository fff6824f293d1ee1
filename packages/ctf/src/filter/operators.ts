/**
 * The arithmetic of filters: integers have 64 bits and a sign, and bitwise operators use them without it. Numbers hold
 * exact integers, and bigints hold all others, since each bigint has to be collected. No integer up to 32 bits becomes
 * a bigint here.
 *
 * An undefined result makes the whole filter false.
 */
export type FilterNumber = number | bigint;

/** Numbers are faster than bigints where they are exact. */
export function narrow(value: bigint): FilterNumber {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The value of a 64-bit integer field, read as a signed integer. */
export function integer64(value: unknown): FilterNumber {
  if (typeof value === 'bigint') return narrow(BigInt.asIntN(64, value));
  const whole = Math.trunc(value as number);
  if (Number.isSafeInteger(whole)) return whole;
  return Number.isFinite(whole) ? narrow(BigInt.asIntN(64, BigInt(whole))) : 0;
}

export function bitAnd(a: FilterNumber, b: FilterNumber): FilterNumber | undefined {
  if (isInt32(a) && isInt32(b)) return a & b;
  return combine(a, b, (one, other) => one & other);
}

export function bitOr(a: FilterNumber, b: FilterNumber): FilterNumber | undefined {
  if (isInt32(a) && isInt32(b)) return a | b;
  return combine(a, b, (one, other) => one | other);
}

export function bitXor(a: FilterNumber, b: FilterNumber): FilterNumber | undefined {
  if (isInt32(a) && isInt32(b)) return a ^ b;
  return combine(a, b, (one, other) => one ^ other);
}

export function shiftLeft(a: FilterNumber, b: FilterNumber): FilterNumber | undefined {
  // Below 2^21 * 2^31 every product is exact.
  if (isInt32(a) && isInt32(b) && b >= 0 && b < 22) return a * 2 ** b;
  return combine(a, b, (one, other) => (other > 63n ? undefined : one << other));
}

export function shiftRight(a: FilterNumber, b: FilterNumber): FilterNumber | undefined {
  if (isInt32(a) && a >= 0 && isInt32(b) && b >= 0 && b < 32) return a >> b;
  return combine(a, b, (one, other) => (other > 63n ? undefined : one >> other));
}

export function complement(value: FilterNumber): FilterNumber | undefined {
  if (isInt32(value)) return ~value;
  return combine(value, 0, (one) => ~one);
}

export function negate(value: FilterNumber): FilterNumber {
  return typeof value === 'bigint' ? narrow(BigInt.asIntN(64, -value)) : -value;
}

function isInt32(value: FilterNumber): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function combine(
  a: FilterNumber,
  b: FilterNumber,
  operate: (a: bigint, b: bigint) => bigint | undefined,
): FilterNumber | undefined {
  const one = toUnsigned(a);
  const other = toUnsigned(b);
  if (one === undefined || other === undefined) return undefined;
  const bits = operate(one, other);
  return bits === undefined ? undefined : narrow(BigInt.asIntN(64, bits));
}

function toUnsigned(value: FilterNumber): bigint | undefined {
  if (typeof value === 'bigint') return BigInt.asUintN(64, value);
  return Number.isInteger(value) ? BigInt.asUintN(64, BigInt(value)) : undefined;
}
