import { describe, expect, it } from 'vitest';
import { randomWords, text, unsignedWords } from '../text/numbers-as-text.test.support.ts';
import {
  putDetailsFloat,
  putGrouped,
  putGroupedHexadecimal,
  putTwoWordsGrouped,
  putTwoWordsGroupedHexadecimal,
} from './details-bytes.ts';
import { detailsFloat, detailsInteger } from './details-number.ts';

describe('numbers of the details as bytes', () => {
  const words = unsignedWords(3000);

  it('are in groups as in text, of one word', () => {
    for (const word of words) {
      for (const value of [word, word | 0]) {
        expect(text(putGrouped, value)).toBe(detailsInteger(value));
        expect(text(putGroupedHexadecimal, value)).toBe(detailsInteger(value, 16));
      }
    }
  });

  it('are in groups as in text, of two words', () => {
    for (const high of [0, 1, 0x1f_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 999_999_999, ...randomWords(300)]) {
      for (const low of [0, 1, 0xffff, 0xffff_0000, 0xffff_d8f0, 0xffff_d8f1, 0xffff_ffff, ...randomWords(20)]) {
        const value = (BigInt(high) << 32n) | BigInt(low);
        const signed = BigInt.asIntN(64, value);
        expect(text(putTwoWordsGrouped, high, low)).toBe(detailsInteger(value));
        expect(text(putTwoWordsGrouped, high | 0, low)).toBe(detailsInteger(signed));
        expect(text(putTwoWordsGroupedHexadecimal, high, low)).toBe(detailsInteger(value, 16));
        expect(text(putTwoWordsGroupedHexadecimal, high | 0, low)).toBe(detailsInteger(signed, 16));
      }
    }
  });

  it('have the six decimals of C', () => {
    // Texts are from printf("%f") of the GNU C library.
    const known: [number, string][] = [
      [0.0078125, '0.007812'],
      [0.0234375, '0.023438'],
      [-1.0078125, '-1.007812'],
      [-0, '-0.000000'],
      [-1e-9, '-0.000000'],
      [0.9999996, '1.000000'],
      [123456789.98765433, '123456789.987654'],
    ];
    for (const [value, expected] of known) {
      expect(detailsFloat(value)).toBe(expected);
      expect(text(putDetailsFloat, value)).toBe(expected);
    }
    const random = [...randomWords(20_000)].map((word, i) => (word / 2 ** 32) * 10 ** ((i % 40) - 15));
    const dyadic = [...randomWords(3000)].map((word, i) => (word % 100_000) / 2 ** (i % 12));
    const special = [0, 1, 1e15, 9e15, 1e20, 1e21, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 999_999.9999996];
    for (const value of [...random, ...dyadic, ...special]) {
      expect(text(putDetailsFloat, value)).toBe(detailsFloat(value));
      expect(text(putDetailsFloat, -value)).toBe(detailsFloat(-value));
    }
  });
});
