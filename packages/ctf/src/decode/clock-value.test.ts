import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClockClass } from '../model/trace-class.ts';
import { ClockValue } from './clock-value.ts';

const CLOCK: ClockClass = {
  name: 'c',
  frequency: 1_000_000_000n,
  offsetSeconds: 0n,
  offsetCycles: 0n,
  originIsUnixEpoch: true,
};

const U64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

function update(clock: ClockValue, bits: number, low: bigint): void {
  clock.update(bits, Number(low >> 32n), Number(low & 0xffff_ffffn));
}

describe('clock value', () => {
  it('reads low bits as the next later value that has them, for every width', () => {
    fc.assert(
      fc.property(U64, fc.integer({ min: 1, max: 64 }), U64, (start, bits, seed) => {
        const span = 1n << BigInt(bits);
        const low = seed % span;
        const clock = new ClockValue(CLOCK);
        clock.setCycles(start);
        update(clock, bits, low);
        const floor = bits === 64 ? 0n : start - (start % span);
        const wrapped = bits < 64 && low < start % span ? span : 0n;
        expect(clock.cycles).toBe(BigInt.asUintN(64, floor + low + wrapped));
      }),
      { numRuns: 2000 },
    );
  });

  it('splits cycles and offset into seconds and nanoseconds exactly at 1 GHz', () => {
    const offset = fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n });
    const cycles = fc.oneof(U64, fc.bigInt({ min: 0n, max: 1n << 40n }));
    fc.assert(
      fc.property(offset, U64, fc.array(cycles, { minLength: 1, maxLength: 5 }), (seconds, offsetCycles, values) => {
        const clock = new ClockValue({ ...CLOCK, offsetSeconds: seconds, offsetCycles });
        for (const value of values) {
          clock.setCycles(value);
          clock.convert();
          const ns = seconds * 1_000_000_000n + offsetCycles + value;
          expect(BigInt(clock.seconds) * 1_000_000_000n + BigInt(clock.nanoseconds)).toBe(ns);
          expect(clock.nanoseconds).toBeGreaterThanOrEqual(0);
          expect(clock.nanoseconds).toBeLessThan(1e9);
        }
      }),
    );
  });

  it('converts other frequencies, offsets in cycles and negative offsets', () => {
    const clock = new ClockValue({ ...CLOCK, frequency: 1000n, offsetSeconds: -2n, offsetCycles: 1500n });
    expect(clock.toNanoseconds(250n)).toBe(-250_000_000n);
    clock.setCycles(250n);
    clock.convert();
    expect([clock.seconds, clock.nanoseconds]).toEqual([-1, 750_000_000]);
  });
});
