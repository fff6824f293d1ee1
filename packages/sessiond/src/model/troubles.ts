import { isAboutProgramLeftOut } from '@ringtail/protocol';
import { PROGRAMS_REMEMBERED_MAX, TROUBLES_MAX } from '../shares/limits.ts';

/** Sentences about failures: each one once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  readonly #onNew: (sentence: string) => void;
  #omitted = 0;
  #programsNotRecorded = 0;
  /** Numbers of the last processes counted: further sentences about a process do not count it again. */
  readonly #counted = new Set<number>();

  /** @param onNew called with each new sentence that is kept */
  constructor(onNew: (sentence: string) => void = () => {}) {
    this.#onNew = onNew;
  }

  has(sentence: string): boolean {
    return this.#sentences.has(sentence);
  }

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size >= TROUBLES_MAX) {
      this.#omitted++;
      return;
    }
    this.#sentences.add(sentence);
    this.#onNew(sentence);
  }

  /** Adds a sentence about a program, and counts the program if it is not recorded, even if the sentence is known. */
  addOfProgram(pid: number, sentence: string): void {
    if (isAboutProgramLeftOut(sentence) && !this.#counted.has(pid)) this.#count(pid);
    this.add(sentence);
  }

  #count(pid: number): void {
    this.#programsNotRecorded++;
    this.#counted.add(pid);
    const [oldest] = this.#counted;
    if (this.#counted.size > PROGRAMS_REMEMBERED_MAX && oldest !== undefined) this.#counted.delete(oldest);
  }

  get programsNotRecorded(): number {
    return this.#programsNotRecorded;
  }

  list(): readonly string[] {
    const sentences = [...this.#sentences];
    if (this.#omitted > 0) sentences.push(`and ${this.#omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
