import { encodeText } from '../decode/text.ts';
import type { TextEncoding } from '../model/field-class.ts';

/** Text in an encoding. In UTF-8, lone surrogates are the bytes that the decoder could not make characters of. */
export function textBytes(text: string, encoding: TextEncoding): Uint8Array {
  switch (encoding) {
    case 'utf8':
    case 'ascii':
      return encodeText(text);
    case 'utf16be':
    case 'utf16le': {
      const view = new DataView(new ArrayBuffer(text.length * 2));
      for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), encoding === 'utf16le');
      return new Uint8Array(view.buffer);
    }
    default: {
      const points = Array.from(text, (character) => character.codePointAt(0)!);
      const view = new DataView(new ArrayBuffer(points.length * 4));
      for (const [i, point] of points.entries()) view.setUint32(i * 4, point, encoding === 'utf32le');
      return new Uint8Array(view.buffer);
    }
  }
}
