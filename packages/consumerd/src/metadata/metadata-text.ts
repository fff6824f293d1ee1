/** All metadata of a trace: each block once, in the order of their arrival. */
export class MetadataText {
  #prologue: string;
  readonly #blocks = new Set<string>();

  constructor(prologue: string) {
    this.#prologue = prologue;
  }

  get prologue(): string {
    return this.#prologue;
  }

  get blocks(): readonly string[] {
    return [...this.#blocks];
  }

  append(blocks: readonly string[]): void {
    for (const block of blocks) this.#blocks.add(block);
  }

  rewrite(prologue: string): void {
    this.#prologue = prologue;
  }

  toString(): string {
    return [this.#prologue, ...this.#blocks].join('');
  }
}
