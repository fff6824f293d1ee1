import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePieces, encodePiece } from './control-pieces.ts';

const pieces = (...changes: readonly unknown[]) =>
  Buffer.concat(changes.map((change) => encodePiece(JSON.stringify(change))));

describe('pieces of a control file', () => {
  it('are read as they were written, all or those behind a place that was reached before', () => {
    const first = { channels: [], added: [{ key: 1, rule: { pattern: 'ä:*' } }] };
    const second = { removed: [1] };
    const bytes = pieces(first, second);
    expect(decodePieces(bytes)).toEqual([first, second]);
    expect(decodePieces(bytes.subarray(pieces(first).length))).toEqual([second]);
    expect(decodePieces(Buffer.alloc(0))).toEqual([]);
  });

  it('that are cut, or not JSON, are none', () => {
    const bytes = pieces({ removed: [1] }, { removed: [2] });
    for (let length = 1; length < bytes.length; length++) {
      const decoded = decodePieces(bytes.subarray(0, length));
      if (length === bytes.length / 2) expect(decoded).toHaveLength(1);
      else expect(decoded, `${length} bytes`).toBeUndefined();
    }
    expect(decodePieces(encodePiece('{"removed":'))).toBeUndefined();
  });

  it('in which a bit is wrong are none', () => {
    const bytes = pieces({ removed: [1, 2, 3] });
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const wrong = Buffer.from(bytes);
        wrong[bit >> 3]! ^= 1 << (bit & 7);
        expect(decodePieces(wrong)).toBeUndefined();
      }),
    );
  });
});
