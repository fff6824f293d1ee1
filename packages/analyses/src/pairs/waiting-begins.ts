import type { DataStream } from '@ringtail/ctf';

/** Begins that wait for their end; beyond, the oldest is given up. */
const WAITING_MAX = 100_000;
/** Memory that waiting begins may keep, in units of a small event. A begin of long texts counts as several. */
const WEIGHT_MAX = WAITING_MAX;

/** An event that begins something. */
export interface WaitingBegin {
  readonly stream: DataStream;
  /** Whether a field relates it to its end, not the thread. */
  readonly hasId: boolean;
  /** How many small events take as much memory; 1 if absent. */
  readonly weight?: number;
}

/** Begins that wait for their end. The last begin with a key is the innermost. */
export class WaitingBegins<Begin extends WaitingBegin> {
  readonly #begins = new Map<string, Begin[]>();
  readonly #giveUp: (begin: Begin) => void;
  #weight = 0;

  /** @param giveUp receives begins whose end is no longer waited for */
  constructor(giveUp: (begin: Begin) => void) {
    this.#giveUp = giveUp;
  }

  add(key: string, begin: Begin): void {
    const outer = this.#begins.get(key);
    if (outer === undefined) this.#begins.set(key, [begin]);
    else outer.push(begin);
    this.#weight += weightOf(begin);
    while (this.#weight > WEIGHT_MAX) {
      const [oldest] = this.#begins.keys();
      this.#drop(oldest!);
    }
  }

  /** The begin of the end with this key, which waits no longer. */
  take(key: string): Begin | undefined {
    const begins = this.#begins.get(key);
    const begin = begins?.pop();
    if (begin === undefined) return undefined;
    if (begins!.length === 0) this.#begins.delete(key);
    this.#weight -= weightOf(begin);
    return begin;
  }

  /** Gives up the begins of a data stream that the thread relates: their ends may be lost. */
  loseThreads(stream: DataStream): void {
    const lost = streamKey(stream);
    for (const [key, [first]] of this.#begins) {
      if (!first!.hasId && streamKey(first!.stream) === lost) this.#drop(key);
    }
  }

  giveUpAll(): void {
    for (const key of this.#begins.keys()) this.#drop(key);
  }

  /** The begins that wait, with their keys. */
  *entries(): Generator<readonly [key: string, begin: Begin]> {
    for (const [key, begins] of this.#begins) for (const begin of begins) yield [key, begin];
  }

  #drop(key: string): void {
    const begins = this.#begins.get(key)!;
    this.#begins.delete(key);
    for (const begin of begins) {
      this.#weight -= weightOf(begin);
      this.#giveUp(begin);
    }
  }
}

function weightOf({ weight = 1 }: WaitingBegin): number {
  return weight;
}

/** Names a data stream, also after its classes have grown. */
export function streamKey({ trace, class: of, id }: DataStream): string {
  return `${trace.uuid ?? trace.name}/${of.id}/${id}`;
}
