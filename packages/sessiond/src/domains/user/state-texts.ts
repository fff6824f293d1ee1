import type { StateText } from './control-file.ts';

/** A text with the number of threads whose control files have it. */
export interface SharedText extends StateText {
  readonly json: string;
  threads: number;
}

/** Texts of channels: each is encoded once for all threads that record into the same channels. */
export class StateTexts {
  /** By the JSON. Equal texts are one object as long as a thread has it. */
  readonly #texts = new Map<string, SharedText>();
  /** Texts that no thread has received yet. */
  readonly #unpublished = new Set<SharedText>();
  #lastNumber = 0;

  /** Text of this JSON. Until a thread has it, it lives to the next {@link dropUnpublished}. */
  of(json: string): SharedText {
    const known = this.#texts.get(json);
    if (known !== undefined) return known;
    const made = { number: ++this.#lastNumber >>> 0, bytes: Buffer.from(json), json, threads: 0 };
    this.#texts.set(json, made);
    this.#unpublished.add(made);
    return made;
  }

  /** A thread's control file has this text now. */
  hold(text: SharedText): void {
    if (text.threads++ > 0) return;
    this.#unpublished.delete(text);
    // A pass through many threads may hold a text again after its last thread has ended.
    this.#texts.set(text.json, text);
  }

  /** A thread has ended or has another text. A text that no thread has is dropped. */
  release(text: SharedText): void {
    if (--text.threads === 0) this.#drop(text);
  }

  /** Drops texts that no thread received: a write failed, or a user's share had no room. */
  dropUnpublished(): void {
    for (const text of this.#unpublished) this.#drop(text);
    this.#unpublished.clear();
  }

  #drop(text: SharedText): void {
    if (this.#texts.get(text.json) === text) this.#texts.delete(text.json);
  }
}
