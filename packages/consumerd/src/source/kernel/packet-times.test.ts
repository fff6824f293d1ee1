import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notAfter, notBefore, packetSpan } from './packet-times.ts';

const split = (time: bigint) => ({ low: Number(time & 0xffffffffn), high: Number(time >> 32n) });
const time = fc.bigInt({ min: 1n, max: 2n ** 60n });

describe('packetSpan', () => {
  it('begins at the end of the packet before', () => {
    expect(packetSpan(split(5000n), split(9000n), 4000)).toEqual({ begin: 4000, end: 9000 });
  });

  it('begins just before the first record of all, and after a pause that records cannot express', () => {
    expect(packetSpan(split(5000n), split(5000n), 0)).toEqual({ begin: 4999, end: 5000 });
    const late = 2n ** 33n + 7n;
    expect(packetSpan(split(late), split(late + 5n), 100)).toEqual({ begin: Number(late) - 1, end: Number(late) + 5 });
  });

  it('contains its records, and begins less than 2^32 ns before the first, also where numbers are not exact', () => {
    fc.assert(
      fc.property(
        time,
        fc.bigInt({ min: 0n, max: 2n ** 34n }),
        fc.bigInt({ min: 0n, max: 2n ** 34n }),
        (first, length, gap) => {
          const last = first + length;
          const before = gap >= first ? 0 : notBefore(split(first - gap));
          const { begin, end } = packetSpan(split(first), split(last), before);
          expect(BigInt(begin)).toBeLessThanOrEqual(first);
          expect(first - BigInt(begin)).toBeLessThan(2n ** 32n);
          expect(BigInt(end)).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(begin);
        },
      ),
      { seed: 5 },
    );
  });

  it('rounds only where numbers are not exact', () => {
    fc.assert(
      fc.property(time, (at) => {
        expect(BigInt(notAfter(split(at)))).toBeLessThanOrEqual(at);
        expect(BigInt(notBefore(split(at)))).toBeGreaterThanOrEqual(at);
        if (at < 2n ** 53n) expect([notAfter(split(at)), notBefore(split(at))]).toEqual([Number(at), Number(at)]);
      }),
      { seed: 5 },
    );
  });
});
