/** Random numbers that a seed replays, the same on every machine. Good enough for tests. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits (the "mulberry32" generator). */
  bits32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  bits64(): bigint {
    return (BigInt(this.bits32()) << 32n) | BigInt(this.bits32());
  }

  /** A whole number from `lower` to `upper`, both included. */
  between(lower: number, upper: number): number {
    return lower + Math.floor((this.bits32() / 2 ** 32) * (upper - lower + 1));
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.between(1, n) === 1;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }

  list<T>(length: number, make: (index: number) => T): T[] {
    return Array.from({ length }, (_, index) => make(index));
  }
}

/** The seed of this run: `RINGTAIL_SEED`, or a new one. It is printed for a replay. */
export function runSeed(test: string): number {
  const given = process.env.RINGTAIL_SEED;
  const seed = given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  process.stderr.write(`${test}: RINGTAIL_SEED=${seed}\n`);
  return seed;
}
