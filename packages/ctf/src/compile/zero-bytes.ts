/** Expression over the four bytes in `word`: not 0 if a byte is zero. Its lowest set bit is in the first zero byte. */
export const ZERO_BYTES = '(word - 0x1010101) & ~word & 0x80808080';

/** Index of the first zero byte, from the value of `ZERO_BYTES` if that is not 0. */
export function firstZeroByte(zeros: string): string {
  return `((31 - Math.clz32(${zeros} & ~(${zeros} - 1))) >> 3)`;
}
