/** What a process tracker lets be recorded, with the rules of LTTng's: everything at first. */
export class InclusionSet {
  #values: Set<number> | null = null;

  has(value: number): boolean {
    return this.#values === null || this.#values.has(value);
  }

  /** Adds to the set; where everything was in it, it becomes these values alone. Null: everything. */
  track(values: readonly number[] | null): void {
    this.#values = values === null ? null : new Set([...(this.#values ?? []), ...values]);
  }

  /** Removes from the set. A value cannot be removed from everything. Null: nothing is left. */
  untrack(values: readonly number[] | null): void {
    if (values === null) this.#values = new Set();
    else for (const value of values) this.#values?.delete(value);
  }

  /** Null: everything. */
  describe(): readonly number[] | null {
    return this.#values === null ? null : [...Uint32Array.from(this.#values).sort()];
  }

  get size(): number {
    return this.#values?.size ?? 0;
  }
}
