import { isAboutProgramLeftOut } from '@ringtail/protocol';
import { PROGRAMS_REMEMBERED_MAX, TROUBLES_MAX } from '../shares/limits.ts';

/** Sentences about failures: each one once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  /** Sentences that may prove wrong, by the number of the process that each is about. */
  readonly #preliminary = new Map<number, string>();
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
    return this.#sentences.has(sentence) || this.#isPreliminary(sentence);
  }

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size >= TROUBLES_MAX) {
      this.#omitted++;
      return;
    }
    const isNew = !this.#isPreliminary(sentence);
    this.#sentences.add(sentence);
    if (isNew) this.#onNew(sentence);
  }

  /** Adds a sentence about a program, and counts the program if it is not recorded, even if the sentence is known. */
  addOfProgram(pid: number, sentence: string): void {
    if (isAboutProgramLeftOut(sentence) && !this.#counted.has(pid)) this.#count(pid);
    this.add(sentence);
  }

  /** Adds a sentence about a program that is not recorded, which lasts until `withdraw` or `confirm`. */
  addPreliminary(pid: number, sentence: string): void {
    const isNew = !this.has(sentence);
    this.#preliminary.set(pid, sentence);
    if (isNew && this.#known().length <= TROUBLES_MAX) this.#onNew(sentence);
  }

  /** The preliminary sentence about the program has proved wrong. */
  withdraw(pid: number): void {
    this.#preliminary.delete(pid);
  }

  /** The preliminary sentence about the program stays. */
  confirm(pid: number): void {
    const sentence = this.#preliminary.get(pid);
    if (sentence === undefined) return;
    this.addOfProgram(pid, sentence);
    this.#preliminary.delete(pid);
  }

  #isPreliminary(sentence: string): boolean {
    return this.#preliminary.size > 0 && [...this.#preliminary.values()].includes(sentence);
  }

  #known(): string[] {
    return [...new Set([...this.#sentences, ...this.#preliminary.values()])];
  }

  #count(pid: number): void {
    this.#programsNotRecorded++;
    this.#counted.add(pid);
    const [oldest] = this.#counted;
    if (this.#counted.size > PROGRAMS_REMEMBERED_MAX && oldest !== undefined) this.#counted.delete(oldest);
  }

  /** Without programs of preliminary sentences, which may be recorded after all: this count never decreases. */
  get programsLeftOut(): number {
    return this.#programsNotRecorded;
  }

  get programsNotRecorded(): number {
    return this.#programsNotRecorded + [...this.#preliminary.keys()].filter((pid) => !this.#counted.has(pid)).length;
  }

  list(): readonly string[] {
    const known = this.#known();
    const sentences = known.slice(0, TROUBLES_MAX);
    const omitted = this.#omitted + known.length - sentences.length;
    if (omitted > 0) sentences.push(`and ${omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
