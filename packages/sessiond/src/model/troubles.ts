import { isAboutProgramLeftOut } from '@ringtail/protocol';
import { PROGRAMS_REMEMBERED_MAX, TROUBLES_MAX } from '../shares/limits.ts';

/** Sentences about failures: each one once, and a bounded number of them. */
export class Troubles {
  /** Each with the numbers of the processes that it is about; undefined if it stays, whatever these do. */
  readonly #sentences = new Map<string, Set<number> | undefined>();
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
    if (this.#keep(sentence)) this.#sentences.set(sentence, undefined);
  }

  /** Adds a sentence about a program, and counts the program if it is not recorded, even if the sentence is known. */
  addOfProgram(pid: number, sentence: string): void {
    if (isAboutProgramLeftOut(sentence) && !this.#counted.has(pid)) this.#count(pid);
    if (!this.#keep(sentence)) return;
    const pids = this.#sentences.get(sentence);
    if (pids === undefined) return;
    if (pids.size < PROGRAMS_REMEMBERED_MAX) pids.add(pid);
    else this.#sentences.set(sentence, undefined);
  }

  /** Takes a sentence about a program back, which is no longer true. It stays while it is about other programs. */
  takeBack(pid: number, sentence: string): void {
    const pids = this.#sentences.get(sentence);
    if (pids?.delete(pid) !== true) return;
    if (pids.size === 0) this.#sentences.delete(sentence);
    const isLeftOut = [...this.#sentences].some(([other, of]) => of?.has(pid) === true && isAboutProgramLeftOut(other));
    if (!isLeftOut && this.#counted.delete(pid)) this.#programsNotRecorded--;
  }

  /** @returns whether the sentence is among those that are kept */
  #keep(sentence: string): boolean {
    if (this.#sentences.has(sentence)) return true;
    if (this.#sentences.size >= TROUBLES_MAX) {
      this.#omitted++;
      return false;
    }
    this.#sentences.set(sentence, new Set());
    this.#onNew(sentence);
    return true;
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
    const sentences = [...this.#sentences.keys()];
    if (this.#omitted > 0) sentences.push(`and ${this.#omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
