import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { roundedToRing } from './channel-sizes.ts';

function rounded(subBufBytes: number, subBufCount: number): readonly [number, number] {
  const attributes = roundedToRing({ ...DEFAULT_CHANNEL, subBufBytes, subBufCount });
  return [attributes.subBufBytes, attributes.subBufCount];
}

describe('roundedToRing', () => {
  it.each([
    [1, 1, 4096, 2],
    [4096, 2, 4096, 2],
    [4097, 3, 8192, 4],
    [1_000_000, 5, 1_048_576, 8],
    [256 * 1024 * 1024, 4, 256 * 1024 * 1024, 4],
  ])('makes %i × %i bytes %i × %i', (bytes, count, bytesRounded, countRounded) => {
    expect(rounded(bytes, count)).toEqual([bytesRounded, countRounded]);
  });

  it.each([
    [256 * 1024 * 1024 + 1, 2],
    [4096, 4097],
    [256 * 1024 * 1024, 8],
    [Number.MAX_SAFE_INTEGER, 2],
  ])('refuses %i × %i', (bytes, count) => {
    expect(() => rounded(bytes, count)).toThrow(expect.objectContaining({ code: 'BAD_PARAMETER' }));
  });
});
