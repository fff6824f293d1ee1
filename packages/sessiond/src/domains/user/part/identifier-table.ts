import type { JsonValue } from '@ringtail/protocol';
import { EVENT_CLASS_BYTES, EVENT_CLASSES_MAX } from '../../../shares/limits.ts';
import { PoolHolding } from '../../../shares/pool-holding.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import type { EventSpecs } from './event-specs.ts';

/** An event record class, as the consumer gets it. */
export interface IdentifiedEvent {
  readonly id: number;
  readonly spec: JsonValue;
}

/** Descriptions that go to the consumer together. */
export interface Batch {
  readonly events: readonly IdentifiedEvent[];
}

export type Declaration =
  | {
      readonly kind: 'identified';
      /** One for each description, in order. */
      readonly ids: readonly number[];
      /** The batch to send to the consumer now, if any. */
      readonly unsent: Batch | undefined;
      /** The batches on whose confirmation these identifiers depend, `unsent` included. */
      readonly unconfirmed: readonly Batch[];
    }
  | { readonly kind: 'refused'; readonly message: string };

interface Entry extends IdentifiedEvent {
  state: 'unsent' | 'confirmed' | Batch;
}

/**
 * Event record class identifiers of one channel of one trace. Equal descriptions have equal identifiers, whichever
 * thread declares them. Identifiers begin at 0 and stay, even if the consumer could not write the description.
 */
export class IdentifierTable {
  /** By canonical text; the nth entry has the identifier n. */
  readonly #entries = new Map<string, Entry>();
  readonly #uid: number;
  readonly #specs: EventSpecs;
  readonly #holding: PoolHolding;

  /**
   * @param uid user for whom the classes count
   * @param specs descriptions of the session
   * @param kept bytes kept for applications
   */
  constructor(uid: number, specs: EventSpecs, kept: SharedPool) {
    this.#uid = uid;
    this.#specs = specs;
    this.#holding = new PoolHolding(kept);
  }

  /** Its trace has gone. */
  release(): void {
    this.#holding.giveBackAll();
  }

  declare(specs: readonly JsonValue[]): Declaration {
    const texts = specs.map(canonicalJson);
    const refusal = this.#takeRoomFor(new Map(texts.map((text, idx) => [text, specs[idx] as JsonValue])));
    if (refusal !== undefined) return { kind: 'refused', message: refusal };
    const entries = texts.map((text) => this.#entryOf(text));
    const unsent = this.#batchOf(new Set(entries.filter(({ state }) => state === 'unsent')));
    const unconfirmed = new Set(entries.map(({ state }) => state).filter((state) => typeof state === 'object'));
    return { kind: 'identified', ids: entries.map(({ id }) => id), unsent, unconfirmed: [...unconfirmed] };
  }

  /** The consumer has written the batch's classes. */
  confirm(batch: Batch): void {
    this.#settle(batch, 'confirmed');
  }

  /** The consumer has not written the batch's classes: the next declaration tries again. */
  withdraw(batch: Batch): void {
    this.#settle(batch, 'unsent');
  }

  #settle(batch: Batch, state: 'unsent' | 'confirmed'): void {
    for (const entry of this.#entries.values()) if (entry.state === batch) entry.state = state;
  }

  #batchOf(entries: ReadonlySet<Entry>): Batch | undefined {
    if (entries.size === 0) return undefined;
    const batch: Batch = { events: [...entries].map(({ id, spec }) => ({ id, spec })) };
    for (const entry of entries) entry.state = batch;
    return batch;
  }

  #takeRoomFor(specs: ReadonlyMap<string, JsonValue>): string | undefined {
    const fresh = new Map([...specs].filter(([text]) => !this.#entries.has(text)));
    if (this.#entries.size + fresh.size > EVENT_CLASSES_MAX) return `a channel has at most ${EVENT_CLASSES_MAX} events`;
    if (fresh.size === 0) return undefined;
    const bytes = fresh.size * EVENT_CLASS_BYTES;
    const refusal = this.#holding.take(this.#uid, bytes);
    if (refusal !== undefined) return refusal;
    const specsRefusal = this.#specs.enter(this.#uid, fresh);
    if (specsRefusal !== undefined) this.#holding.giveBack(this.#uid, bytes);
    return specsRefusal;
  }

  #entryOf(text: string): Entry {
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const entry: Entry = { id: this.#entries.size, spec: this.#specs.get(text), state: 'unsent' };
    this.#entries.set(text, entry);
    return entry;
  }
}

/** JSON text with members sorted by name: equal for equal values. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value as { readonly [key: string]: JsonValue });
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
