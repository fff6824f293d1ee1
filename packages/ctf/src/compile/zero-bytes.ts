/**
 * Of four bytes in `word`, an expression that has bits set where one is zero, the lowest of them in the first such
 * byte.
 */
export const ZERO_BYTES = '(word - 0x1010101) & ~word & 0x80808080';

/** Index of the first zero byte, from the value of `ZERO_BYTES` if that is not 0. */
export function firstZeroByte(zeros: string): string {
  return `((31 - Math.clz32(${zeros} & ~(${zeros} - 1))) >> 3)`;
}
