import { describe, expect, it } from 'vitest';
import { floatText } from '../pretty/pretty-number.ts';
import { putFloat, putHexadecimal, putSigned, putTwoWords, putTwoWordsHexadecimal, putUnsigned } from './byte-text.ts';
import { randomWords, text, unsignedWords } from './numbers-as-text.test.support.ts';

describe('text of numbers as bytes', () => {
  const words = unsignedWords(5000);

  it('is right for all integers of one word', () => {
    for (const word of words) {
      expect(text(putUnsigned, word)).toBe(String(word));
      expect(text(putSigned, word | 0)).toBe(String(word | 0));
      expect(text(putHexadecimal, word)).toBe(`0x${word.toString(16).toUpperCase()}`);
    }
  });

  it('is right for all integers of two words', () => {
    const highs = [0, 1, 0x1f_ffff, 0x20_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 99_999_999, 100_000_000];
    for (const high of [...highs, ...randomWords(500)]) {
      for (const low of [0, 1, 0xffff, 0x1_0000, 0xffff_ffff, 99_999_999, 100_000_000, ...randomWords(20)]) {
        const value = (BigInt(high) << 32n) | BigInt(low);
        expect(text(putTwoWords, high, low)).toBe(String(value));
        expect(text(putTwoWords, high | 0, low)).toBe(String(BigInt.asIntN(64, value)));
        expect(text(putTwoWordsHexadecimal, high | 0, low)).toBe(`0x${value.toString(16).toUpperCase()}`);
      }
    }
    for (let exponent = 0n; exponent < 20n; exponent++) {
      for (const value of [10n ** exponent - 1n, 10n ** exponent]) {
        expect(text(putTwoWords, Number(value >> 32n), Number(value & 0xffff_ffffn))).toBe(String(value));
      }
    }
  });

  it('is right for all floating point numbers', () => {
    const ties = [0.5, 2.5, 1.000005, 100000.5, 100001.5, 12345.25, 0.0001220703125, 999999.5, 999998.5, 999_999];
    const powers = Array.from({ length: 30 }, (_, i) => [`1e${i - 15}`, `9.999995e${i - 15}`, `9.999994999e${i - 15}`]);
    const special = [0, Number.POSITIVE_INFINITY, Number.NaN, Number.MIN_VALUE, Number.MAX_VALUE];
    const random = new DataView(new ArrayBuffer(8));
    const anyBits = [...randomWords(4000)].map((word, i, all) => {
      random.setUint32(0, word);
      random.setUint32(4, all[i - 1] ?? 0);
      return random.getFloat64(0);
    });
    const usual = [...randomWords(20_000)].map((word, i) => (word / 2 ** 32) * 10 ** ((i % 12) - 5));
    const short = [...randomWords(4000)].map((word, i) => (word % 100_000) / 10 ** (i % 7));
    for (const value of [...ties, ...powers.flat().map(Number), ...special, ...anyBits, ...usual, ...short]) {
      expect(text(putFloat, value)).toBe(floatText(value));
      expect(text(putFloat, -value)).toBe(floatText(-value));
      expect(text(putFloat, Math.fround(value))).toBe(floatText(Math.fround(value)));
    }
  });
});
