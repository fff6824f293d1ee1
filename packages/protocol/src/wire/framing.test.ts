import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeFrame, FRAME_LENGTH_BYTES, FrameDecoder, type FrameError } from './framing.ts';

const BYTES_MAX = 1024;

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as FrameError).code;
  }
}

describe('FrameDecoder', () => {
  it('yields the messages in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.array(fc.nat(40), { minLength: 1 }),
        (values, cuts) => {
          const messages = JSON.parse(JSON.stringify(values)) as unknown[];
          const stream = Buffer.concat(messages.map((message) => encodeFrame(message, 1 << 20)));
          const decoder = new FrameDecoder(1 << 20);
          const decoded: unknown[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const length = (cuts[turn % cuts.length] as number) + 1;
            decoded.push(...decoder.push(stream.subarray(at, at + length)));
            at += length;
          }
          expect(decoded).toEqual(messages);
          expect(decoder.pendingBytes).toBe(0);
        },
      ),
    );
  });

  it('knows how much of an incomplete frame it holds', () => {
    const decoder = new FrameDecoder(BYTES_MAX);
    const frame = encodeFrame({ a: 1 }, BYTES_MAX);
    decoder.push(frame.subarray(0, 6));
    expect(decoder.pendingBytes).toBe(6);
    expect(decoder.push(frame.subarray(6))).toEqual([{ a: 1 }]);
    expect(decoder.pendingBytes).toBe(0);
  });

  it('knows how long a begun frame is going to be', () => {
    const decoder = new FrameDecoder(BYTES_MAX);
    const frame = encodeFrame('x'.repeat(500), BYTES_MAX);
    decoder.push(frame.subarray(0, 3));
    expect(decoder.begunBytes).toBe(FRAME_LENGTH_BYTES);
    decoder.push(frame.subarray(3, 6));
    expect(decoder.begunBytes).toBe(frame.length);
    decoder.push(Buffer.concat([frame.subarray(6), frame]));
    expect(decoder.begunBytes).toBe(0);
  });

  it('copies a frame that comes in single bytes a bounded number of times', () => {
    const decoder = new FrameDecoder(1 << 20);
    const frame = encodeFrame('x'.repeat(1 << 18), 1 << 20);
    const set = vi.spyOn(Uint8Array.prototype, 'set');
    onTestFinished(() => set.mockRestore());
    for (let at = 0; at < frame.length - 1; at++) decoder.push(frame.subarray(at, at + 1));
    const copied = set.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);
    expect(copied).toBeLessThan(3 * frame.length);
    expect(decoder.push(frame.subarray(-1))).toHaveLength(1);
  });

  it('takes longer frames once it may', () => {
    const decoder = new FrameDecoder(16);
    const long = encodeFrame('x'.repeat(100), BYTES_MAX);
    decoder.push(encodeFrame('short', 16));
    decoder.bytesMax = BYTES_MAX;
    expect(decoder.push(long)).toEqual(['x'.repeat(100)]);
  });

  it('refuses a length beyond the limit as soon as it is announced', () => {
    const header = Buffer.alloc(FRAME_LENGTH_BYTES);
    header.writeUInt32LE(BYTES_MAX + 1);
    expect(codeOf(() => new FrameDecoder(BYTES_MAX).push(header))).toBe('FRAME_TOO_LONG');
  });

  it('refuses a frame that is not JSON, the empty one included', () => {
    const garbage = Buffer.from([3, 0, 0, 0, 0x7b, 0xff, 0x00]);
    expect(codeOf(() => new FrameDecoder(BYTES_MAX).push(garbage))).toBe('FRAME_NOT_JSON');
    expect(codeOf(() => new FrameDecoder(BYTES_MAX).push(Buffer.alloc(FRAME_LENGTH_BYTES)))).toBe('FRAME_NOT_JSON');
  });
});

describe('encodeFrame', () => {
  it('refuses a message beyond the limit', () => {
    expect(codeOf(() => encodeFrame('x'.repeat(BYTES_MAX), BYTES_MAX))).toBe('FRAME_TOO_LONG');
  });
});
