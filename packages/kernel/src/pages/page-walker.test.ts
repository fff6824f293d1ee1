import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageBuilder } from '../testing/page-builder.test.support.ts';
import { PageWalker } from './page-walker.ts';

const START = 5_000_000_000n;
const LOST = 0x80000000;
const LOST_STORED = 0x40000000;

interface Walked {
  readonly records: readonly { readonly words: readonly number[]; readonly time: bigint }[];
  readonly damage: string | undefined;
  readonly lost: number | undefined;
}

function walk(page: Uint32Array, bytes = page.byteLength): Walked {
  const walker = new PageWalker();
  walker.load(page, bytes);
  const records = [];
  while (walker.next()) {
    expect(walker.at * 4 + walker.bytes).toBeLessThanOrEqual(bytes);
    const words = [...page.subarray(walker.at, walker.at + walker.bytes / 4)];
    records.push({ words, time: (BigInt(walker.timeHigh) << 32n) | BigInt(walker.timeLow) });
    expect(records.length).toBeLessThanOrEqual(page.length);
  }
  return { records, damage: walker.damage, lost: walker.lost };
}

const timesOf = ({ records }: Walked) => records.map(({ time }) => time - START);
const firstWordsOf = ({ records }: Walked) => records.map(({ words }) => words[0]);

describe('PageWalker', () => {
  it('finds records of both forms with their times', () => {
    const long = Array.from({ length: 40 }, (_, idx) => idx + 100);
    const page = new PageBuilder().record(0, [1, 2]).record(7, long, 'long').record(0x7ffffff, [3]).build(START);
    expect(walk(page)).toEqual({
      records: [
        { words: [1, 2], time: START },
        { words: long, time: START + 7n },
        { words: [3], time: START + 7n + 0x7ffffffn },
      ],
      damage: undefined,
      lost: 0,
    });
  });

  it('takes records of 28 words in the short form', () => {
    const words = Array.from({ length: 28 }, (_, idx) => idx);
    expect(walk(new PageBuilder().record(1, words).build(START)).records).toEqual([{ words, time: START + 1n }]);
  });

  it('ends at padding with delta 0, whatever follows', () => {
    const page = new PageBuilder().record(1, [1]).padding(0).record(1, [2]).build(START);
    expect(firstWordsOf(walk(page))).toEqual([1]);
  });

  it('skips other padding, whose delta counts unless it is 1', () => {
    const page = new PageBuilder().record(1, [1]).padding(1, 12).record(1, [2]).padding(50, 4).record(1, [3]);
    const walked = walk(page.build(START));
    expect(firstWordsOf(walked)).toEqual([1, 2, 3]);
    expect(timesOf(walked)).toEqual([1n, 2n, 53n]);
  });

  it('ends at padding that leads out of the data', () => {
    const page = new PageBuilder()
      .record(1, [1])
      .word((1 << 5) | 29, 4000)
      .build(START);
    expect(walk(page)).toMatchObject({ damage: undefined, records: [{ words: [1] }] });
  });

  it('adds time extensions, also over the lower half', () => {
    const page = new PageBuilder()
      .timeExtend(2n ** 40n + 5n)
      .record(1, [1])
      .timeExtend(2n ** 32n - 1n)
      .record(2, [2]);
    expect(timesOf(walk(page.build(START)))).toEqual([2n ** 40n + 6n, 2n ** 40n + 2n ** 32n + 7n]);
  });

  it('sets absolute times', () => {
    const page = new PageBuilder()
      .absolute(START + 2n ** 33n)
      .record(4, [1])
      .build(START);
    expect(timesOf(walk(page))).toEqual([2n ** 33n + 4n]);
  });

  it('takes the upper five bits of an absolute time from the time before, with a carry', () => {
    const start = 0x1fff_ffff_ffff_ff00n;
    const kept = new PageBuilder().absolute((start + 0x80n) & (2n ** 59n - 1n)).record(0, [1]);
    expect(walk(kept.build(start)).records[0]?.time).toBe(start + 0x80n);
    const carried = new PageBuilder().absolute(5n).record(0, [1]);
    expect(walk(carried.build(start)).records[0]?.time).toBe(0x2000_0000_0000_0005n);
  });

  it('says how many events were lost before the page', () => {
    const page = () => new PageBuilder().record(1, [1]);
    expect(walk(page().build(START, { flags: LOST | LOST_STORED, lost: 2n ** 33n + 7n })).lost).toBe(2 ** 33 + 7);
    expect(walk(page().build(START, { flags: LOST })).lost).toBeUndefined();
    // Without room for the number behind the data.
    expect(walk(page().build(START, { flags: LOST | LOST_STORED })).lost).toBeUndefined();
    expect(walk(page().build(START)).lost).toBe(0);
  });

  it('gives nothing of an empty page', () => {
    expect(walk(new PageBuilder().build(START))).toEqual({ records: [], damage: undefined, lost: 0 });
  });

  it.each([
    ['a record of the long form without room for itself', [0, 4], 'impossible length'],
    ['a record of the long form with half a word', [0, 10, 0, 0], 'impossible length'],
    ['a record of the long form that leads out', [0, 0xfffffffc, 0], 'event cut off'],
    ['a record of the short form that leads out', [5, 0], 'event cut off'],
    ['padding without a length', [(1 << 5) | 29], 'event cut off'],
    ['padding of no bytes', [(1 << 5) | 29, 0, 0], 'impossible length'],
    ['a time extension without its second word', [30], 'event cut off'],
  ])('gives the records before %s', (_, words, damage) => {
    const page = new PageBuilder()
      .record(1, [1])
      .word(...words)
      .build(START);
    expect(walk(page)).toMatchObject({ damage, records: [{ words: [1] }] });
  });

  it('says so of a page that is cut off in any word', () => {
    const page = new PageBuilder()
      .record(1, [1, 2, 3])
      .timeExtend(2n ** 30n)
      .record(1, [4, 5], 'long')
      .absolute(START + 2n ** 35n)
      .padding(9, 8)
      .record(1, [6])
      .build(START, { flags: LOST | LOST_STORED, lost: 3n });
    for (let bytes = 0; bytes < page.byteLength - 8; bytes++) {
      expect(walk(page, bytes).damage).toBe(bytes < 16 ? 'no header' : 'too much data');
    }
    // The length says less than the page has: the walk ends in the middle of an event, or at the end of one.
    const whole = walk(page);
    expect(whole).toMatchObject({ damage: undefined, lost: 3 });
    for (let words = 0; words < page.length - 6; words++) {
      const cut = page.slice();
      cut[2] = words * 4;
      const walked = walk(cut);
      expect(whole.records.slice(0, walked.records.length)).toEqual(walked.records);
    }
  });

  it('never loops and never leaves the page, whatever it holds', () => {
    const word = fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(29, 30, 31, 61, 0));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 200 }), fc.nat(900), (words, bytes) => {
        walk(Uint32Array.from(words), Math.min(bytes, words.length * 4));
      }),
      { numRuns: 3000, seed: 6 },
    );
  });
});
