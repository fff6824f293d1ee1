import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from './text.ts';

describe('text', () => {
  it('gives back any bytes that it was decoded from', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(encodeText(decodeText(bytes, 0, bytes.length))).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('is right for any well-formed UTF-8, short and long, with a byte order mark too', () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 120 });
    fc.assert(
      fc.property(wellFormed, (text) => {
        const bytes = new TextEncoder().encode(text);
        expect(decodeText(bytes, 0, bytes.length)).toBe(text);
      }),
    );
    const marked = new TextEncoder().encode('\ufeffa');
    expect(decodeText(marked, 0, marked.length)).toBe('\ufeffa');
  });

  it('keeps well-formed text around bytes that are not', () => {
    const bytes = Uint8Array.from([0x61, 0xff, 0xe2, 0x82, 0xac, 0xc3]);
    expect(decodeText(bytes, 0, bytes.length)).toBe('a\udcff€\udcc3');
  });
});
