import { assert, UUID_BYTES } from '@ringtail/base';

/** The 16 bytes of 8-4-4-4-12 hexadecimal text. */
export function uuidBytes(text: string): Uint8Array {
  assert(UUID_TEXT.test(text), 'a UUID is written as 8-4-4-4-12 hexadecimal digits');
  const digits = text.replaceAll('-', '');
  return Uint8Array.from({ length: UUID_BYTES }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** 16 bytes as 8-4-4-4-12 hexadecimal text. */
export function uuidText(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join('-');
}

const UUID_TEXT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
