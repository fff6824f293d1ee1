import { readSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import { CONTROL_TALLIES_BYTES, CONTROL_TALLIES_OFFSET, CONTROL_TALLY_COUNT } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from './control-file.ts';
import { type Tally, TallySpace } from './tally-space.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

function setUp() {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  /** As a daemon sees them: key, matched, missed. */
  const read = (slot: number) => {
    const bytes = Buffer.alloc(CONTROL_TALLIES_BYTES);
    readSync(control.fd, bytes, 0, bytes.length, CONTROL_TALLIES_OFFSET + slot * CONTROL_TALLIES_BYTES);
    return Array.from({ length: bytes.readDoubleLE(0) }, (_, i) =>
      [0, 1, 2].map((word) => bytes.readDoubleLE((1 + 3 * i + word) * 8)),
    );
  };
  return { space: new TallySpace(control), read };
}

function count({ f64, matched, missed }: Tally, matches: number, misses = 0): void {
  (f64[matched] as number) += matches;
  (f64[missed] as number) += misses;
}

describe('tallies', () => {
  it('are at the place where the daemon of their slot reads them', () => {
    const { space, read } = setUp();
    count(space.take(0, 7) as Tally, 3, 1);
    count(space.take(0, 9) as Tally, 4);
    count(space.take(1, 7) as Tally, 5);
    expect(read(0)).toEqual([
      [7, 3, 1],
      [9, 4, 0],
    ]);
    expect(read(1)).toEqual([[7, 5, 0]]);
  });

  it('go on where their trigger comes again', () => {
    const { space, read } = setUp();
    count(space.take(0, 7) as Tally, 3);
    space.giveBack(0, 7);
    count(space.take(0, 8) as Tally, 1);
    count(space.take(0, 7) as Tally, 2);
    expect(read(0)).toEqual([
      [7, 5, 0],
      [8, 1, 0],
    ]);
  });

  it('are used again once there are no others, the earliest released first', () => {
    const { space, read } = setUp();
    for (let key = 1; key <= CONTROL_TALLY_COUNT; key++) count(space.take(0, key) as Tally, key);
    expect(space.take(0, 20_000)).toBeUndefined();
    for (const key of [5, 4]) space.giveBack(0, key);
    count(space.take(0, 20_000) as Tally, 1);
    expect(read(0)[4]).toEqual([20_000, 1, 0]);
    expect(read(0)[3]).toEqual([4, 4, 0]);
    expect(read(0)).toHaveLength(CONTROL_TALLY_COUNT);
  });

  it('are none any more once their daemon is gone', () => {
    const { space, read } = setUp();
    count(space.take(0, 7) as Tally, 3);
    count(space.take(1, 7) as Tally, 3);
    space.forget(0);
    expect([read(0), read(1)]).toEqual([[], [[7, 3, 0]]]);
    space.take(0, 7);
    expect(read(0)).toEqual([[7, 0, 0]]);
  });
});
