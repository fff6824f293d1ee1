import { fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { uuidBytes } from '@ringtail/ctf';
import type { ChannelAttributes } from '@ringtail/protocol';
import { createRing, type Ring, RingClock, RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../consumer.ts';
import { systemCalls } from '../../output/files/file-calls.ts';
import { answerOf } from '../../testing/consumer-scene.test.support.ts';
import { readStream } from '../../testing/read-stream.test.support.ts';
import { requests } from '../../testing/requests.test.support.ts';
import { RECORD_BYTES, TRACE_UUID } from '../../testing/test-ring.test.support.ts';

const SUB_BUF_BYTES = 65_536;
const PER_SUB_BUF = Math.floor(SUB_BUF_BYTES / RECORD_BYTES);

let root: string;
let ring: Ring;
let recorded: number;
let timers: FakeTimers;
let consumer: Consumer;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-memory-'));
  timers = new FakeTimers();
  recorded = 0;
  consumer = new Consumer({ calls: systemCalls, timers, log: () => {} });
});
afterEach(() => {
  consumer.close();
  ring.close();
  rmSync(root, { recursive: true, force: true });
});

/** A ring in anonymous memory, as applications make them, and a consumer that drains it. */
function setUp(attributes: Partial<ChannelAttributes> = {}, mode: RingMode = RingMode.DISCARD): void {
  ring = createRing({
    name: 'memory-test',
    mode,
    clock: RingClock.MONOTONIC,
    subBufBytes: SUB_BUF_BYTES,
    subBufCount: 4,
    streamClassId: 0,
    uuid: uuidBytes(TRACE_UUID),
    pid: 10,
    tid: 11,
    procname: 'test',
    onSubBufClosed: () => {},
  });
  const { setUp: commands, openRing } = requests(root);
  const [openTrace, openChannel, declareEvents] = commands;
  const channel = {
    ...openChannel,
    attributes: { ...openChannel.attributes, subBufBytes: SUB_BUF_BYTES, ...attributes },
  };
  const opened = openRing(1, { path: `/proc/self/fd/${ring.fd}`, bytes: ring.bytes });
  for (const command of [openTrace, channel, declareEvents, opened]) consumer.handle(command);
}

const timestampOf = (number: number) => 1_000_000 + number;

function record(count: number): void {
  const { producer } = ring;
  for (let i = 0; i < count; i++) {
    const timestamp = timestampOf(recorded);
    if (producer.pos + RECORD_BYTES > producer.limit && !producer.makeRoom(RECORD_BYTES, timestamp)) return;
    producer.dv.setUint32(producer.pos + 6, recorded, true);
    producer.commit(producer.pos + RECORD_BYTES, timestamp);
    recorded += 1;
  }
}

const reclaim = (until = timestampOf(recorded)) =>
  answerOf(consumer, { type: 'reclaim', session: 's', channels: [2], until });
const numbers = () => readStream(join(root, 'out/ust/uid/0/64-bit/channel0_1')).numbers;
const memoryBytes = () => fstatSync(ring.fd).blocks * 512;

describe('reclaiming the memory of rings', () => {
  it('gives back the memory of drained sub-buffers, and loses nothing', () => {
    setUp();
    record(3 * PER_SUB_BUF + 10);
    const before = memoryBytes();
    expect(reclaim()).toMatchObject({ bytes: 3 * SUB_BUF_BYTES, eventsRecorded: 3 * PER_SUB_BUF });
    expect(memoryBytes()).toBe(before - 3 * SUB_BUF_BYTES);
    expect(reclaim()).toMatchObject({ bytes: 0 });
    for (let round = 0; round < 20; round++) {
      record(2 * PER_SUB_BUF);
      reclaim();
    }
    consumer.handle({ type: 'close-session', session: 's' });
    expect(numbers()).toEqual(Array.from({ length: recorded }, (_, i) => i));
  });

  it('drains everything, but keeps the memory of sub-buffers newer than the given time', () => {
    setUp();
    record(3 * PER_SUB_BUF + 10);
    expect(reclaim(timestampOf(PER_SUB_BUF - 2))).toMatchObject({ bytes: 0, eventsRecorded: 3 * PER_SUB_BUF });
    record(2 * PER_SUB_BUF);
    expect(reclaim(timestampOf(4 * PER_SUB_BUF - 1))).toMatchObject({ bytes: SUB_BUF_BYTES });
  });

  it('keeps the memory of sub-buffers released before: producers may be about to write there', () => {
    setUp();
    record(3 * PER_SUB_BUF + 10);
    consumer.handle({ type: 'flush', session: 's' });
    const before = memoryBytes();
    expect(reclaim().bytes).toBe(0);
    expect(memoryBytes()).toBe(before);
  });

  it('happens with every sub-buffer in channels that ask for it', () => {
    setUp({ reclaimAfterUs: 0 });
    record(3 * PER_SUB_BUF + 10);
    timers.advance(10);
    // The header and the open sub-buffer are left.
    expect(memoryBytes()).toBeLessThan(2 * SUB_BUF_BYTES);
    expect(numbers()).toHaveLength(3 * PER_SUB_BUF);
  });

  it('is refused for rings that overwrite', () => {
    setUp({ mode: 'overwrite', reclaimAfterUs: 0 }, RingMode.OVERWRITE);
    record(3 * PER_SUB_BUF);
    expect(() => reclaim()).toThrowError(expect.objectContaining({ code: 'NOT_RECLAIMABLE' }));
    expect(answerOf(consumer, { type: 'flush', session: 's' }).troubles).toEqual([
      expect.stringMatching(/^channel channel0: memory can be given back of rings in discard mode/),
    ]);
  });
});

describe('the use of a channel', () => {
  it('is that of its fullest ring, now and in the last period', () => {
    setUp({ monitorTimerUs: 100_000 });
    const ringBytes = 4 * SUB_BUF_BYTES;
    expect(consumer.channelUses([2])).toEqual([{ channel: 2, usedBytes: 0, highestBytes: 0, ringBytes }]);
    record(3 * PER_SUB_BUF + 10);
    timers.advance(10);
    expect(consumer.channelUses([2])).toEqual([
      { channel: 2, usedBytes: 0, highestBytes: 3 * SUB_BUF_BYTES, ringBytes },
    ]);
    timers.advance(100);
    expect(consumer.channelUses([2])[0]?.highestBytes).toBe(3 * SUB_BUF_BYTES);
    timers.advance(100);
    expect(consumer.channelUses([2])[0]?.highestBytes).toBeLessThan(SUB_BUF_BYTES);
  });

  it('counts committed bytes of the open sub-buffer, until it is drained', () => {
    setUp({ monitorTimerUs: 100_000 });
    record(PER_SUB_BUF / 2);
    timers.advance(100);
    const bytes = consumer.channelUses([2])[0]?.usedBytes;
    expect(bytes).toBeGreaterThan(SUB_BUF_BYTES / 3);
    expect(bytes).toBeLessThan(SUB_BUF_BYTES);
    record(10);
    timers.advance(100);
    expect(consumer.channelUses([2])[0]?.usedBytes).toBeGreaterThan(bytes ?? 0);
    timers.advance(2000);
    expect(consumer.channelUses([2])[0]).toMatchObject({ usedBytes: 0, highestBytes: 0 });
  });

  it('is that of an empty ring while there is none, and none in a flight recorder', () => {
    setUp({ monitorTimerUs: 100_000 });
    const [openTrace, openChannel] = requests(root).setUp;
    const attributes = { ...openChannel.attributes, monitorTimerUs: 100_000 };
    consumer.handle({ ...openTrace, trace: 7, session: 'recorder', output: null, snapshot: true });
    consumer.handle({ ...openChannel, channel: 3, attributes: { ...attributes, name: 'ringless' } });
    consumer.handle({ ...openChannel, channel: 4, trace: 7, attributes });
    const uses = consumer.channelUses([3, 4]);
    expect(uses).toEqual([{ channel: 3, usedBytes: 0, highestBytes: 0, ringBytes: expect.any(Number) }]);
  });

  it('is not watched without a monitor timer', () => {
    setUp({ monitorTimerUs: 0 });
    expect(consumer.channelUses([2])).toEqual([]);
  });
});
