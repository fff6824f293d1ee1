import { type DesiredChannel, encodePiece } from '@ringtail/protocol';
import type { FeedNews, TriggerFeed } from '../../triggers/trigger-feed.ts';

/** What threads are to record, as text; those that are to record the same have one. */
export interface ChannelsText {
  /** JSON of `DesiredChannel[]`. */
  readonly text: string;
  readonly bytes: number;
  /** By the keys of channels: how often the thread was to do something at once, which is to record its state or to give memory back. */
  readonly demands: ReadonlyMap<number, number>;
}

/** Pieces with all triggers of a feed, as of a version, by what is recorded. */
interface WholePieces {
  readonly version: number;
  readonly pieces: WeakMap<ChannelsText, Buffer>;
}

/** Processes with traces of their own, and users, share no piece: no more whole ones, and no more changes, are kept than this. */
export const PIECE_BYTES_KEPT = 16 * 1024 * 1024;

/** Pieces for control files, each made once for all threads that get it. */
export class StateTexts {
  #channels = new Map<string, ChannelsText>();
  /** How many threads have it: processes that come and go by the hundred thousand leave nothing. */
  readonly #holders = new Map<ChannelsText, number>();
  /** What is whole, by feed and by what is recorded. */
  #whole = new WeakMap<TriggerFeed, WholePieces>();
  /** Of all whole pieces that were made, also of those whose threads have gone. */
  #wholeBytes = 0;
  /** By what is recorded, where that is new, and the text of the rest. */
  #changes = new Map<ChannelsText | undefined, Map<string, Buffer>>();
  #changeBytes = 0;

  channels(desired: readonly DesiredChannel[]): ChannelsText {
    const text = JSON.stringify(desired);
    const known = this.#channels.get(text);
    if (known !== undefined) return known;
    const demands = new Map(desired.map(({ key, statedump, reclaim }) => [key, statedump + reclaim]));
    const made = { text, bytes: Buffer.byteLength(text), demands };
    this.#channels.set(text, made);
    return made;
  }

  /** A thread has it from now on. */
  hold(channels: ChannelsText): void {
    this.#holders.set(channels, (this.#holders.get(channels) ?? 0) + 1);
  }

  /** A thread has it no more. */
  release(channels: ChannelsText): void {
    const holders = (this.#holders.get(channels) ?? 1) - 1;
    if (holders > 0) {
      this.#holders.set(channels, holders);
      return;
    }
    this.#holders.delete(channels);
    if (this.#channels.get(channels.text) === channels) this.#channels.delete(channels.text);
  }

  /** Everything that there is to look for. */
  whole(channels: ChannelsText, feed: TriggerFeed): Buffer {
    if (this.#wholeBytes > PIECE_BYTES_KEPT) this.#forgetWhole();
    let known = this.#whole.get(feed);
    if (known?.version !== feed.version) {
      known = { version: feed.version, pieces: new WeakMap() };
      this.#whole.set(feed, known);
    }
    let piece = known.pieces.get(channels);
    if (piece === undefined) {
      piece = encodePiece(`{"channels":${channels.text},"added":[${[...feed.texts()].join()}]}`);
      known.pieces.set(channels, piece);
      this.#wholeBytes += piece.length;
    }
    return piece;
  }

  /** @param channels undefined where they stay */
  change(channels: ChannelsText | undefined, { removed, added }: FeedNews): Buffer {
    if (this.#changeBytes > PIECE_BYTES_KEPT) this.forgetChanges();
    const known = this.#changes.get(channels) ?? new Map<string, Buffer>();
    this.#changes.set(channels, known);
    const triggers = `"removed":[${removed.join()}],"added":[${added.join()}]`;
    let piece = known.get(triggers);
    if (piece === undefined) {
      piece = encodePiece(channels === undefined ? `{${triggers}}` : `{"channels":${channels.text},${triggers}}`);
      known.set(triggers, piece);
      this.#changeBytes += piece.length;
    }
    return piece;
  }

  /** Nobody will get the same changes again. */
  forgetChanges(): void {
    this.#changes.clear();
    this.#changeBytes = 0;
  }

  /** What is recorded has changed; those who record the same as before may get another text object. */
  forgetChannels(): void {
    this.#channels.clear();
    this.#forgetWhole();
  }

  #forgetWhole(): void {
    this.#whole = new WeakMap();
    this.#wholeBytes = 0;
  }
}
