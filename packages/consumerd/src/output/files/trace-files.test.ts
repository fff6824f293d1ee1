import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { type ChannelAttributes, directoryAt, type OpenChannelRequest } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../consumer.ts';
import { answerOf } from '../../testing/consumer-scene.test.support.ts';
import { failingCalls } from '../../testing/failing-calls.test.support.ts';
import { readStream } from '../../testing/read-stream.test.support.ts';
import { requests } from '../../testing/requests.test.support.ts';
import { RECORD_BYTES, TestRing } from '../../testing/test-ring.test.support.ts';
import { type FileCalls, systemCalls } from './file-calls.ts';

const PER_SUB_BUF = Math.floor(4096 / RECORD_BYTES);
/** Room for two full packets and no third. */
const TWO_PACKETS = 10_000;

let root: string;
let ring: TestRing;
let consumers: Consumer[];
let timers: FakeTimers;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-trace-files-'));
  ring = new TestRing({ directory: root });
  consumers = [];
  timers = new FakeTimers();
});
afterEach(() => {
  for (const consumer of consumers) consumer.close();
  ring.close();
  rmSync(root, { recursive: true, force: true });
});

function makeConsumer(attributes: Partial<ChannelAttributes>, calls: FileCalls = systemCalls): Consumer {
  const consumer = new Consumer({ calls, timers, log: () => {} });
  consumers.push(consumer);
  const { setUp, openRing } = requests(root);
  const [openTrace, openChannel, declareEvents] = setUp;
  const channel: OpenChannelRequest = { ...openChannel, attributes: { ...openChannel.attributes, ...attributes } };
  for (const command of [openTrace, channel, declareEvents, openRing(1, ring)]) consumer.handle(command);
  return consumer;
}

/** Fills a sub-buffer, and has it taken: each call is one more packet, the one before it. */
function recordPackets(consumer: Consumer, count: number): void {
  for (let i = 0; i < count; i++) {
    ring.record(PER_SUB_BUF);
    consumer.handle({ type: 'flush', session: 's' });
  }
}

const directory = () => join(root, 'out/ust/uid/0/64-bit');
const names = () =>
  readdirSync(directory())
    .filter((name) => name.startsWith('channel'))
    .sort();
const numbersIn = (name: string) => readStream(join(directory(), name)).numbers;
const packets = (from: number, to: number) =>
  Array.from({ length: (to - from) * PER_SUB_BUF }, (_, i) => from * PER_SUB_BUF + i);
const statisticsOf = (consumer: Consumer) => answerOf(consumer, { type: 'statistics', session: 's' });

describe('trace files of limited size', () => {
  it('are closed before they exceed it, numbered, and have an index each', () => {
    const consumer = makeConsumer({ traceFileBytes: TWO_PACKETS });
    recordPackets(consumer, 5);
    expect(names()).toEqual(['channel0_1_0', 'channel0_1_1', 'channel0_1_2']);
    expect(names().map(numbersIn)).toEqual([packets(0, 2), packets(2, 4), packets(4, 5)]);
    for (const name of names()) expect(statSync(join(directory(), name)).size).toBeLessThanOrEqual(TWO_PACKETS);
    expect(statisticsOf(consumer)).toMatchObject({ eventsRecorded: 5 * PER_SUB_BUF, packets: 5, dataStreams: 1 });
  });

  it('have a packet at least, however small they are to be', () => {
    recordPackets(makeConsumer({ traceFileBytes: 1 }), 3);
    expect(names().map(numbersIn)).toEqual([packets(0, 1), packets(1, 2), packets(2, 3)]);
  });

  it('are replaced by newer ones under their numbers once the limit of kept files is reached', () => {
    const consumer = makeConsumer({ traceFileBytes: TWO_PACKETS, traceFileCount: 2 });
    recordPackets(consumer, 7);
    expect(names()).toEqual(['channel0_1_0', 'channel0_1_1']);
    expect(names().map(numbersIn)).toEqual([packets(4, 6), packets(6, 7)]);
    expect(statisticsOf(consumer)).toMatchObject({ eventsRecorded: 7 * PER_SUB_BUF, packets: 7, packetsLost: 0 });
  });

  it('begin with the first number again in each trace chunk, and after a clear', () => {
    const consumer = makeConsumer({ traceFileBytes: TWO_PACKETS });
    recordPackets(consumer, 3);
    const archive = join(root, 'out/archives/a');
    consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(archive) });
    expect(readdirSync(join(archive, 'ust/uid/0/64-bit/index')).sort()).toEqual([
      'channel0_1_0.idx',
      'channel0_1_1.idx',
    ]);
    recordPackets(consumer, 3);
    expect(names().map(numbersIn)).toEqual([packets(3, 5), packets(5, 6)]);
    consumer.handle({ type: 'clear', session: 's' });
    expect(names()).toEqual([]);
    recordPackets(consumer, 1);
    expect(names()).toEqual(['channel0_1_0']);
  });

  it.each([1, 2, 3, 0])(
    'are continued by the next consumer, wherever the old one stopped (%i kept)',
    (traceFileCount) => {
      const attributes = { traceFileBytes: TWO_PACKETS, traceFileCount };
      for (let count = 1; count <= 7; count++) recordPackets(makeConsumer(attributes), 1);
      const kept = {
        1: [packets(6, 7)],
        2: [packets(4, 6), packets(6, 7)],
        3: [packets(6, 7), packets(2, 4), packets(4, 6)],
      };
      const all = [packets(0, 2), packets(2, 4), packets(4, 6), packets(6, 7)];
      expect(names().map(numbersIn)).toEqual(kept[traceFileCount as 1 | 2 | 3] ?? all);
      expect(statisticsOf(makeConsumer(attributes))).toMatchObject({ eventsRecorded: 7 * PER_SUB_BUF, packetsLost: 0 });
    },
  );

  it('have no torn packet after a consumer that died in the middle of the first of a file', () => {
    const attributes = { traceFileBytes: TWO_PACKETS };
    recordPackets(makeConsumer(attributes), 2);
    const copy = join(root, 'consumer-line');
    copyFileSync(ring.path, copy);
    recordPackets(makeConsumer(attributes), 1);
    truncateSync(join(directory(), 'channel0_1_1'), 200);
    ring.restoreConsumerLine(copy);
    const consumer = makeConsumer(attributes);
    expect(names()).toEqual(['channel0_1_0']);
    consumer.handle({ type: 'flush', session: 's' });
    expect(names().map(numbersIn)).toEqual([packets(0, 2), packets(2, 3)]);
    expect(statisticsOf(consumer)).toMatchObject({ eventsRecorded: 3 * PER_SUB_BUF, packets: 3, packetsLost: 0 });
  });

  it('keep whole packets when the disk is full at the change of files, and go on when there is room', () => {
    for (let bytes = 0; bytes < 4600; bytes += 313) {
      const calls = failingCalls();
      const consumer = makeConsumer({ traceFileBytes: TWO_PACKETS }, calls);
      recordPackets(consumer, 2);
      const before = names();
      calls.failAfter(bytes, 'ENOSPC');
      ring.record(PER_SUB_BUF);
      consumer.handle({ type: 'flush', session: 's' });
      for (const name of before) numbersIn(name);
      calls.recover();
      consumer.handle({ type: 'flush', session: 's' });
      consumer.close();
    }
    const numbers = names()
      .sort((a, b) => Number(a.slice(11)) - Number(b.slice(11)))
      .flatMap(numbersIn);
    expect(numbers).toEqual(Array.from({ length: ring.recorded }, (_, i) => i));
  });

  it('are found without checkpoints, which costs the counts only', () => {
    const attributes = { traceFileBytes: TWO_PACKETS };
    recordPackets(makeConsumer(attributes), 5);
    rmSync(join(root, 'out/.ringtail'), { recursive: true });
    const consumer = makeConsumer(attributes);
    recordPackets(consumer, 2);
    expect(names().flatMap(numbersIn)).toEqual(packets(0, 7));
    expect(statisticsOf(consumer).troubles).toEqual([expect.stringMatching(/the count of events .* was lost/)]);
  });

  it('are refused where another channel has files of the same names', () => {
    const consumer = makeConsumer({ traceFileBytes: TWO_PACKETS });
    const [, openChannel] = requests(root).setUp;
    const attributes = { ...openChannel.attributes, name: 'channel0_1' };
    const other = { ...openChannel, channel: 3, streamClassId: 1, attributes };
    expect(() => consumer.handle(other)).toThrowError(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(existsSync(join(directory(), 'channel0_1_0'))).toBe(false);
  });
});
