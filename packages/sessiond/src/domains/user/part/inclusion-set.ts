/** The values that a process tracker admits, by LTTng's rules: all at first. */
export class InclusionSet {
  #values: Set<number> | null = null;

  has(value: number): boolean {
    return this.#values === null || this.#values.has(value);
  }

  /** Adds values to the set; a set of all values becomes these values alone. Null: all values. */
  track(values: readonly number[] | null): void {
    this.#values = values === null ? null : new Set([...(this.#values ?? []), ...values]);
  }

  /** Removes values from the set, unless it has all values. Null: removes all. */
  untrack(values: readonly number[] | null): void {
    if (values === null) this.#values = new Set();
    else for (const value of values) this.#values?.delete(value);
  }

  /** Null: all values. */
  describe(): readonly number[] | null {
    return this.#values === null ? null : [...Uint32Array.from(this.#values).sort()];
  }

  get size(): number {
    return this.#values?.size ?? 0;
  }
}
