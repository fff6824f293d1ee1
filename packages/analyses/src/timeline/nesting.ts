/** Intervals that are remembered one by one. Older ones are joined with the gaps between them. */
const INTERVALS_MAX = 1024;

/** Admits intervals that lie in each other or do not touch, in about the order of their ends. */
export class Nesting {
  /** Outermost intervals, sorted. They do not touch. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];

  /** @returns false if the interval overlaps one that was admitted, which is not inside it */
  add(begin: number, end: number): boolean {
    let count = this.#begins.length;
    for (; count > 0 && this.#begins[count - 1]! >= begin; count--) {
      const isInside = this.#ends[count - 1]! <= end;
      if (!isInside) return false;
    }
    if (count > 0 && this.#ends[count - 1]! > begin) return false;
    this.#begins.length = count;
    this.#ends.length = count;
    this.#begins.push(begin);
    this.#ends.push(end);
    if (this.#begins.length > INTERVALS_MAX) {
      this.#begins.splice(1, 1);
      this.#ends.shift();
    }
    return true;
  }
}
