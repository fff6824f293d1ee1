import { Buffer } from 'node:buffer';
import type { Medium, Next } from '@ringtail/ctf';
import { AGAIN, END } from '@ringtail/ctf/internal';
import { describe, expect, it } from 'vitest';
import { PrettyPrinter } from '../print/pretty/pretty-printer.ts';
import { TextBuffer } from '../print/text/text-buffer.ts';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { LiveReader } from './live-reader.ts';

/** Bytes that arrive packet by packet. */
class Arriving implements Medium {
  #bytes = Buffer.alloc(0);
  hasEnded = false;

  arrive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  read(offset: number): Next<Uint8Array> {
    if (offset < this.#bytes.length) return { kind: 'item', item: this.#bytes.subarray(offset) };
    return this.hasEnded ? END : AGAIN;
  }
}

const at = (seconds: number) => ({ seconds, nanoseconds: 0 });
const events = (...seconds: readonly number[]) => seconds.map((second) => ({ time: second * 1e9, n: second }));

/** Two data streams; the first has events at the seconds 1 and 4, the second at 2. */
function scene() {
  const reader = new LiveReader();
  const trace = reader.addTrace('');
  trace.setMetadata(Buffer.from(METADATA));
  const media = [new Arriving(), new Arriving()] as const;
  const [busy, idle] = media.map((medium, i) => trace.addStream({ name: `s_${i}`, medium }));
  media[0].arrive(packet(0, events(1, 4)));
  media[1].arrive(packet(1, events(2)));
  return { reader, trace, media, busy: busy!, idle: idle! };
}

describe.each(['next', 'drain'] as const)('a live reader, by way of `%s`', (way) => {
  /** The seconds of the events that are there, and the last answer. */
  function read(reader: LiveReader): { readonly seen: number[]; readonly answer: string } {
    const seen: number[] = [];
    if (way === 'next') {
      for (;;) {
        const next = reader.next();
        if (next.kind !== 'item') return { seen, answer: next.kind };
        seen.push(next.item.seconds);
      }
    }
    const pieces: string[] = [];
    const buffer = new TextBuffer({ write: (piece) => pieces.push(piece) > 0 });
    const printer = new PrettyPrinter(buffer, { clockSeconds: true });
    const answer = reader.drain(printer).kind;
    printer.finish();
    seen.push(...[...pieces.join('').matchAll(/^\[(\d+)\./gm)].map(([, second]) => Number(second)));
    return { seen, answer };
  }

  it('waits for a data stream that lacks bytes', () => {
    const { reader } = scene();
    expect(read(reader)).toEqual({ seen: [1, 2], answer: 'again' });
    expect(read(reader)).toEqual({ seen: [], answer: 'again' });
  });

  it('goes on without a quiet data stream, up to the time until which it is quiet', () => {
    const { reader, media, busy, idle } = scene();
    read(reader);
    idle.quietUntil = at(3);
    expect(read(reader)).toEqual({ seen: [], answer: 'again' });
    idle.quietUntil = at(5);
    expect(read(reader)).toEqual({ seen: [4], answer: 'again' });
    busy.quietUntil = at(7);
    media[1].arrive(packet(1, events(6, 8)));
    expect(read(reader)).toEqual({ seen: [6], answer: 'again' });
    media[0].arrive(packet(0, events(7, 9)));
    expect(read(reader)).toEqual({ seen: [7, 8], answer: 'again' });
  });

  it('has an event of a data stream that was not quiet after all', () => {
    const { reader, media, idle } = scene();
    idle.quietUntil = at(5);
    expect(read(reader).seen).toEqual([1, 2, 4]);
    media[1].arrive(packet(1, events(3)));
    idle.quietUntil = at(6);
    expect(read(reader).seen).toEqual([]);
    media[0].arrive(packet(0, events(7)));
    expect(read(reader)).toEqual({ seen: [3], answer: 'again' });
  });

  it('ends when quiet data streams end', () => {
    const { reader, trace, media, busy, idle } = scene();
    busy.quietUntil = at(9);
    idle.quietUntil = at(9);
    expect(read(reader)).toEqual({ seen: [1, 2, 4], answer: 'again' });
    for (const medium of media) medium.hasEnded = true;
    trace.endMetadata();
    reader.end();
    expect(read(reader)).toEqual({ seen: [], answer: 'end' });
  });
});
