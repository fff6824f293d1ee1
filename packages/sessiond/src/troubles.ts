import { isAboutProgramLeftOut } from '@ringtail/protocol';
import { PROGRAMS_NOT_RECORDED_MAX, TROUBLES_MAX } from './limits.ts';

/** What went wrong, in words: each sentence once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  readonly #onNew: (sentence: string) => void;
  #omitted = 0;
  /** Process numbers. */
  readonly #notRecorded = new Set<number>();

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
    if (isAboutProgramLeftOut(sentence) && this.#notRecorded.size < PROGRAMS_NOT_RECORDED_MAX)
      this.#notRecorded.add(pid);
    this.add(sentence);
  }

  get programsNotRecorded(): number {
    return this.#notRecorded.size;
  }

  list(): readonly string[] {
    const sentences = [...this.#sentences];
    if (this.#omitted > 0) sentences.push(`and ${this.#omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
