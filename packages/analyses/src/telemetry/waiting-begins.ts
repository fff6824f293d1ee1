import type { DataStream, EventMessage } from '@ringtail/ctf';
import type { EventIdentity } from './attributes.ts';
import { streamKey } from './telemetry-keys.ts';
import type { Attributes, SpanIdentifiers, TelemetryResource } from './telemetry-records.ts';

/** Begins that wait for their end; beyond, the oldest is given up. */
const WAITING_MAX = 100_000;

/** Identifiers of a span, and its parent in the same trace. */
export interface SpanPlace extends SpanIdentifiers {
  readonly parentSpanId: string | undefined;
}

/** An event that begins a span, with what is read of it. */
export interface WaitingBegin {
  readonly event: EventMessage;
  readonly identity: EventIdentity;
  readonly attributes: Attributes;
  readonly resource: TelemetryResource;
  /** Whether a field relates it to its end, not the thread. */
  readonly hasId: boolean;
  /** Of a span whose begin names its parent. */
  readonly place: SpanPlace | undefined;
}

/** The begins of spans that wait for their end. The last begin with a key is the innermost. */
export class WaitingBegins {
  readonly #begins = new Map<string, WaitingBegin[]>();
  readonly #giveUp: (begin: WaitingBegin) => void;
  #count = 0;

  /** @param giveUp receives begins whose end is no longer waited for */
  constructor(giveUp: (begin: WaitingBegin) => void) {
    this.#giveUp = giveUp;
  }

  add(key: string, begin: WaitingBegin): void {
    const outer = this.#begins.get(key);
    if (outer === undefined) this.#begins.set(key, [begin]);
    else outer.push(begin);
    if (++this.#count <= WAITING_MAX) return;
    const [oldest] = this.#begins.keys();
    this.#drop(oldest!);
  }

  /** The begin of the end with this key, which waits no longer. */
  take(key: string): WaitingBegin | undefined {
    const begins = this.#begins.get(key);
    const begin = begins?.pop();
    if (begin === undefined) return undefined;
    if (begins!.length === 0) this.#begins.delete(key);
    this.#count--;
    return begin;
  }

  /** Gives up the begins of a data stream that the thread relates: their ends may be lost. */
  loseThreads(stream: DataStream): void {
    const lost = streamKey(stream);
    for (const [key, [first]] of this.#begins) {
      if (!first!.hasId && streamKey(first!.event.stream) === lost) this.#drop(key);
    }
  }

  giveUpAll(): void {
    for (const key of this.#begins.keys()) this.#drop(key);
  }

  #drop(key: string): void {
    const begins = this.#begins.get(key)!;
    this.#begins.delete(key);
    this.#count -= begins.length;
    for (const begin of begins) this.#giveUp(begin);
  }
}
