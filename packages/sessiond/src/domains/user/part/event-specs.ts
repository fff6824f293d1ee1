import type { JsonValue } from '@ringtail/protocol';
import { jsonWeight, textWeight } from '../../../shares/memory-weight.ts';
import { PoolHolding } from '../../../shares/pool-holding.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';

/**
 * The event descriptions of a session. Equal ones are kept once, since a thousand processes of one program declare the
 * same ones. They are kept for a consumer that has to be started again. A description counts for the user who declares
 * it first.
 */
export class EventSpecs {
  readonly #byText = new Map<string, JsonValue>();
  readonly #holding: PoolHolding;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#holding = new PoolHolding(kept);
  }

  /** Keeps descriptions by their canonical texts. @returns the reason if there is no room: nothing has changed then */
  enter(uid: number, specs: ReadonlyMap<string, JsonValue>): string | undefined {
    const fresh = [...specs].filter(([text]) => !this.#byText.has(text));
    const bytes = fresh.reduce((sum, [text, spec]) => sum + textWeight(text) + jsonWeight(spec), 0);
    const refusal = bytes === 0 ? undefined : this.#holding.take(uid, bytes);
    if (refusal === undefined) for (const [text, spec] of fresh) this.#byText.set(text, spec);
    return refusal;
  }

  /** The description with this canonical text, which is kept. */
  get(text: string): JsonValue {
    return this.#byText.get(text) ?? null;
  }

  /** The session has gone. */
  release(): void {
    this.#holding.giveBackAll();
    this.#byText.clear();
  }
}
