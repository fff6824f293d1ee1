import { type ClockCycles, type Nanoseconds, NS_PER_S } from '@ringtail/base';
import type { ClockClass } from '../model/trace-class.ts';

const SECOND = Number(NS_PER_S);
const WORD = 0x1_0000_0000;

/**
 * The value of a data stream's clock while it is decoded, and its conversion to time.
 *
 * Cycles are kept as two 32-bit words: they exceed 53 bits, and a bigint per event would be most of the cost of an
 * event. The words change in `update`; `seconds` and `nanoseconds` are valid after `convert`.
 */
export class ClockValue {
  // Negative zero: fields for floating point numbers from the start, see `LoopRun`.
  high = -0;
  low = -0;
  /** Whole seconds since the origin, rounded down. */
  seconds = 0;
  /** 0 to 999,999,999. */
  nanoseconds = 0;

  readonly #frequency: bigint;
  readonly #offsetNs: bigint;
  readonly #isNanosecondClock: boolean;
  // Sum of the high word and the offset; computed again only when the high word changes.
  #cachedHigh = Number.NaN;
  #baseSeconds = 0;
  #baseNanoseconds = 0;

  constructor(clockClass: ClockClass) {
    this.#frequency = clockClass.frequency;
    this.#isNanosecondClock = clockClass.frequency === NS_PER_S;
    this.#offsetNs = offsetOf(clockClass);
  }

  get cycles(): ClockCycles {
    return ((BigInt(this.high) << 32n) | BigInt(this.low)) as ClockCycles;
  }

  reset(): void {
    this.set(0, 0);
  }

  set(high: number, low: number): void {
    this.high = high;
    this.low = low;
  }

  setCycles(cycles: bigint): void {
    this.set(Number((cycles >> 32n) & 0xffff_ffffn), Number(cycles & 0xffff_ffffn));
  }

  /**
   * Sets the low `bits` bits of the clock. A value below the current low bits means that they wrapped once.
   *
   * @see CTF 1.8.3 §8 (clocks), CTF2-SPEC-2.0 §6.3 (clock value update procedure)
   */
  update(bits: number, high: number, low: number): void {
    if (bits === 64) {
      this.set(high, low);
    } else if (bits === 32) {
      if (low < this.low) this.high = (this.high + 1) % WORD;
      this.low = low;
    } else if (bits < 32) {
      const span = 2 ** bits;
      const current = this.low % span;
      let next = this.low - current + low;
      if (low < current) next += span;
      if (next >= WORD) {
        next -= WORD;
        this.high = (this.high + 1) % WORD;
      }
      this.low = next;
    } else {
      const highSpan = 2 ** (bits - 32);
      const currentHigh = this.high % highSpan;
      const wrapped = high < currentHigh || (high === currentHigh && low < this.low);
      this.high = (this.high - currentHigh + high + (wrapped ? highSpan : 0)) % WORD;
      this.low = low;
    }
  }

  /** Computes `seconds` and `nanoseconds` of the current value. */
  convert(): void {
    if (!this.#isNanosecondClock) {
      this.#split(this.toNanoseconds(this.cycles));
      return;
    }
    if (this.high !== this.#cachedHigh) {
      this.#split(this.#offsetNs + (BigInt(this.high) << 32n));
      this.#cachedHigh = this.high;
      this.#baseSeconds = this.seconds;
      this.#baseNanoseconds = this.nanoseconds;
    }
    const nanoseconds = this.#baseNanoseconds + this.low;
    const carry = Math.floor(nanoseconds / SECOND);
    this.seconds = this.#baseSeconds + carry;
    // The bit operation keeps this a small integer.
    this.nanoseconds = (nanoseconds - carry * SECOND) | 0;
  }

  /**
   * Time of any value of this clock, from its origin.
   *
   * Frequencies other than 1 GHz go through double precision and are cut, as readers of CTF agree to do.
   */
  toNanoseconds(cycles: bigint): Nanoseconds {
    return (this.#offsetNs + cyclesToNs(cycles, this.#frequency)) as Nanoseconds;
  }

  #split(ns: bigint): void {
    let seconds = ns / 1_000_000_000n;
    let nanoseconds = ns % 1_000_000_000n;
    if (nanoseconds < 0n) {
      seconds -= 1n;
      nanoseconds += NS_PER_S;
    }
    this.seconds = Number(seconds);
    this.nanoseconds = Number(nanoseconds);
  }
}

function offsetOf({ frequency, offsetSeconds, offsetCycles }: ClockClass): bigint {
  let seconds = offsetCycles / frequency;
  let cycles = offsetCycles % frequency;
  if (cycles < 0n) {
    seconds -= 1n;
    cycles += frequency;
  }
  return (offsetSeconds + seconds) * 1_000_000_000n + cyclesToNs(cycles, frequency);
}

function cyclesToNs(cycles: bigint, frequency: bigint): bigint {
  if (frequency === 1_000_000_000n) return cycles;
  return BigInt(Math.trunc((1e9 * Number(cycles)) / Number(frequency)));
}
