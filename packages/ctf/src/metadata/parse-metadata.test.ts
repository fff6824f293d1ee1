import { describe, expect, it } from 'vitest';
import { parseMetadata } from './parse-metadata.ts';

const TEXT = '/* CTF 1.8 */ trace { major = 1; minor = 8; byte_order = be; }; env { name = "ä"; };';
const encoder = new TextEncoder();

/** Packetised metadata: `size` bytes of text in each packet, three bytes of padding behind them. */
function packets(text: string, size: number, littleEndian: boolean): Uint8Array {
  const bytes = encoder.encode(text);
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const content = bytes.subarray(at, at + size);
    const header = new DataView(new ArrayBuffer(37));
    header.setUint32(0, 0x75d11d57, littleEndian);
    header.setUint32(24, (37 + content.length) * 8, littleEndian);
    header.setUint32(28, (40 + content.length) * 8, littleEndian);
    header.setUint8(35, 1);
    header.setUint8(36, 8);
    parts.push(...new Uint8Array(header.buffer), ...content, 0xff, 0xff, 0xff);
  }
  return Uint8Array.from(parts);
}

describe('metadata stream', () => {
  it.each([
    ['plain text', encoder.encode(TEXT)],
    ['plain text with null characters behind it', encoder.encode(`${TEXT}\n\0\0\0`)],
    ['little-endian packets', packets(TEXT, 30, true)],
    ['big-endian packets, one cutting a character in two', packets(TEXT, TEXT.indexOf('ä') + 1, false)],
  ])('is read from %s', (_, bytes) => {
    expect(parseMetadata(bytes).environment.get('name')).toBe('ä');
  });

  it('is read in time that grows with its length alone, wherever its null characters are', () => {
    const bytes = new Uint8Array(4_000_000);
    bytes.set(encoder.encode('x'), bytes.length - 1);
    expect(() => parseMetadata(bytes)).toThrow(expect.objectContaining({ code: 'SYNTAX' }));
    for (const [before, unit, after] of [
      ['/*', ' *', ''],
      ['env { a = "', 'x', ''],
      ['env { a = "', '\\', ''],
      ['', ' ', '}'],
      ['', 'x', ''],
      ['env { a = ', '1', ''],
    ]) {
      const text = before + unit!.repeat(4_000_000) + after;
      expect(() => parseMetadata(encoder.encode(text))).toThrow(expect.objectContaining({ name: 'MetadataError' }));
    }
  });

  it('is refused, with the place, where its packets are damaged', () => {
    const good = packets(TEXT, 30, true);
    const damage = (at: number, value: number) => Uint8Array.from(good, (byte, i) => (i === at ? value : byte));
    // The second packet starts at byte 70.
    for (const bytes of [
      damage(70, 0),
      damage(70 + 25, 0),
      damage(70 + 4, 1),
      damage(70 + 32, 1),
      damage(70 + 34, 1),
      damage(70 + 35, 2),
      good.subarray(0, 90),
    ]) {
      expect(() => parseMetadata(bytes)).toThrow(
        expect.objectContaining({ code: 'BAD_PACKET', message: expect.stringContaining('byte 70') }),
      );
    }
  });

  it('is of CTF 2 if it begins with a record separator', () => {
    const text = '\x1e{"type":"preamble","version":2}\n\x1e{"type":"data-stream-class"}\n';
    expect(parseMetadata(encoder.encode(text)).version).toEqual({ major: 2, minor: 0 });
    expect(() => parseMetadata(encoder.encode('\x1e{"type":"preamble","version":3}'))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });

  it('of CTF 2 is refused if it is not in UTF-8', () => {
    const bytes = Uint8Array.of(...encoder.encode('\x1e{"type":"'), 0xff, 0x22, 0x7d);
    expect(() => parseMetadata(bytes)).toThrow(expect.objectContaining({ code: 'SYNTAX' }));
  });
});
