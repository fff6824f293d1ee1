/** Approximate memory of values in Node.js; never an underestimate that matters. */
const OBJECT_BYTES = 56;
const MEMBER_BYTES = 16;
const TEXT_BYTES = 24;
const NOT_LATIN1 = /[\u0100-\uffff]/;

/** Bytes of memory of a text. */
export function textWeight(text: string): number {
  return TEXT_BYTES + text.length * (NOT_LATIN1.test(text) ? 2 : 1);
}

/** Bytes of memory of parsed JSON, which may be ten times its text. */
export function jsonWeight(value: unknown): number {
  if (typeof value === 'string') return textWeight(value);
  if (typeof value !== 'object' || value === null) return 0;
  let bytes = OBJECT_BYTES;
  for (const [name, member] of Object.entries(value)) {
    bytes += MEMBER_BYTES + (Array.isArray(value) ? 0 : textWeight(name)) + jsonWeight(member);
  }
  return bytes;
}
