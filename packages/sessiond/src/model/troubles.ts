import { isAboutProgramLeftOut } from '@ringtail/protocol';
import { PROGRAMS_REMEMBERED_MAX, TROUBLES_MAX } from './limits.ts';

/** What went wrong, in words: each sentence once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  readonly #onNew: (sentence: string) => void;
  #omitted = 0;
  #programsNotRecorded = 0;
  /** Process numbers of the last of them, which count once though there is more to say of them. */
  readonly #counted = new Set<number>();

  /** @param onNew told of each sentence that is kept, once */
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

  /** Adds a sentence about a program, which counts if it is not recorded, whether or not the sentence is new. */
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
