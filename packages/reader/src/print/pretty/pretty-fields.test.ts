import type { FieldClass } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { fieldText } from './pretty-fields.ts';
import { prettyStyle } from './pretty-style.ts';

function textOf(fieldClass: FieldClass, value: Uint8Array): string | undefined {
  const { palette } = prettyStyle({});
  return fieldText(fieldClass, 'event-record-payload', { links: [], names: true, palette })?.(value);
}

describe('a BLOB', () => {
  it.each([
    [[], '{ }'],
    [[0x0f], '{ 0f }'],
    [[0xff, 0x00], '{ ff 00 }'],
  ])('of the bytes %j is printed in hexadecimal, with one space between its braces if it is empty', (bytes, text) => {
    const blob = { kind: 'static-blob', length: bytes.length, mediaType: 'application/octet-stream' } as const;
    expect(textOf(blob as FieldClass, Uint8Array.from(bytes))).toBe(text);
  });
});
