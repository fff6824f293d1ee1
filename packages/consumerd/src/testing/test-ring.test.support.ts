import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { uuidBytes } from '@ringtail/ctf';
import { CONSUMER_LINE_BYTES, ConsumerLine, createRing, type Ring, RingClock, RingMode } from '@ringtail/ringbuf';

export const TRACE_UUID = '01234567-89ab-cdef-0123-456789abcdef';
/** Of every record: large event header (u16 id 0, u32 timestamp), then u32 `n`. */
export const RECORD_BYTES = 10;

export interface TestRingOptions {
  readonly directory: string;
  readonly name?: string;
  readonly mode?: RingMode;
  readonly subBufBytes?: number;
  readonly subBufCount?: number;
  readonly streamClassId?: number;
  /** Of the trace. */
  readonly uuid?: string;
}

/** A real ring in a file, and a producer of numbered records in it. */
export class TestRing {
  readonly path: string;
  readonly bytes: number;
  /** Records committed; the number in the next one. */
  recorded = 0;
  /** Records committed and records that found no room. */
  attempted = 0;
  /** Clock of the producer: the timestamp of the last record, or attempt at one. */
  clock = 1_000_000;
  /** Called when a sub-buffer is closed and the consumer asked to be woken. */
  onSubBufClosed: () => void = () => {};
  readonly #ring: Ring;

  constructor(options: TestRingOptions) {
    const name = options.name ?? 'channel0_10-11-1.ring';
    this.#ring = createRing({
      name,
      directory: options.directory,
      mode: options.mode ?? RingMode.DISCARD,
      clock: RingClock.MONOTONIC,
      subBufBytes: options.subBufBytes ?? 4096,
      subBufCount: options.subBufCount ?? 4,
      streamClassId: options.streamClassId ?? 0,
      uuid: uuidBytes(options.uuid ?? TRACE_UUID),
      pid: 10,
      tid: 11,
      procname: 'test',
      onSubBufClosed: () => this.onSubBufClosed(),
    });
    this.path = join(options.directory, name);
    this.bytes = this.#ring.bytes;
  }

  /** Commits as many records as fit of `count`, a microsecond apart, and returns how many did. */
  record(count: number): number {
    const { producer } = this.#ring;
    let committed = 0;
    for (let i = 0; i < count; i++) {
      this.clock += 1000;
      this.attempted += 1;
      if (producer.pos + RECORD_BYTES > producer.limit && !producer.makeRoom(RECORD_BYTES, this.clock)) continue;
      const { pos, dv } = producer;
      dv.setUint16(pos, 0, true);
      dv.setUint32(pos + 2, this.clock % 2 ** 32, true);
      dv.setUint32(pos + 6, this.recorded, true);
      producer.commit(pos + RECORD_BYTES, this.clock);
      this.recorded += 1;
      committed += 1;
    }
    return committed;
  }

  get wakeRequested(): boolean {
    return this.#ring.producer.dv.getUint32(ConsumerLine.WAKE_REQUESTED, true) !== 0;
  }

  /** Attempts a record that exceeds a sub-buffer. */
  recordTooBig(): void {
    this.clock += 1000;
    this.attempted += 1;
    this.#ring.producer.makeRoom(2 ** 30, this.clock);
  }

  /** Overwrites a word of the ring's file, as a broken application would. */
  scribble(offset: number, value: number): void {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value);
    this.#overwrite(word, offset);
  }

  /** Copies the consumer's line from a copy of the ring's file, as if nothing had been released since. */
  restoreConsumerLine(copyPath: string): void {
    const from = ConsumerLine.CONSUMED_SEQ;
    this.#overwrite(readFileSync(copyPath).subarray(from, from + CONSUMER_LINE_BYTES), from);
  }

  #overwrite(bytes: Uint8Array, offset: number): void {
    const descriptor = openSync(this.path, 'r+');
    writeSync(descriptor, bytes, 0, bytes.length, offset);
    closeSync(descriptor);
  }

  close(): void {
    this.#ring.close();
  }
}
