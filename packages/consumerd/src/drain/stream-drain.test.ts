import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESCRIPTORS_OFFSET, Descriptor, openRingFile, ProducerLine, RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataStreamFile } from '../output/files/data-stream-file.ts';
import { type FileCalls, systemCalls } from '../output/files/file-calls.ts';
import { atOnce } from '../output/sync-or-async.ts';
import { RingSource } from '../source/ring/ring-source.ts';
import { failingCalls } from '../testing/failing-calls.test.support.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { RECORD_BYTES, TestRing, type TestRingOptions, TRACE_UUID } from '../testing/test-ring.test.support.ts';
import { ROUND_BYTES_MAX, STALE_AFTER_MS, StreamDrain } from './stream-drain.ts';

const PER_SUB_BUF = Math.floor(4096 / RECORD_BYTES);
const IDENTITY = { traceUuid: TRACE_UUID, streamClassId: 0, streamInstanceId: 1, pid: 10, tid: 11, procname: 'test' };

let directory: string;
let rings: TestRing[];
let drains: StreamDrain[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-drain-'));
  rings = [];
  drains = [];
});
afterEach(() => {
  for (const drain of drains) drain.leave();
  for (const ring of rings) ring.close();
  rmSync(directory, { recursive: true, force: true });
});

function makeRing(options: Partial<TestRingOptions> = {}): TestRing {
  const ring = new TestRing({ directory, ...options });
  rings.push(ring);
  return ring;
}

interface Harness {
  readonly drain: StreamDrain;
  readonly problems: string[];
  nowMs: number;
  damaged: boolean;
}

const streamPath = () => join(directory, 'channel0_1');

/** Opens the ring as a consumer would, new or restarted. */
function open(ring: TestRing, calls: FileCalls = systemCalls): Harness {
  const file = openRingFile(ring.path, ring.bytes);
  const problems: string[] = [];
  const harness = { problems, nowMs: 0, damaged: false };
  const drain = atOnce(
    StreamDrain.open({
      source: new RingSource(file, IDENTITY),
      output: new DataStreamFile({ directory, name: 'channel0_1', identity: IDENTITY, calls }),
      owner: 'thread 11 of process 10 (test)',
      nowMs: () => harness.nowMs,
      nowCycles: () => ring.clock + 5,
      onProblem: (sentence) => problems.push(sentence),
      onDamaged: () => {
        harness.damaged = true;
      },
    }),
  );
  drains.push(drain);
  return Object.assign(harness, { drain });
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('StreamDrain', () => {
  it('takes closed sub-buffers, one packet each, and leaves the open one', () => {
    const ring = makeRing();
    ring.record(2 * PER_SUB_BUF + 5);
    const { drain } = open(ring);
    expect(drain.drainClosed()).toEqual({ packets: 2, more: false });
    expect(readStream(streamPath()).numbers).toEqual(upTo(2 * PER_SUB_BUF));
    expect(drain.statistics).toMatchObject({ eventsRecorded: 2 * PER_SUB_BUF, packets: 2 });
  });

  it('takes the open sub-buffer once nothing came for a while, packets joining end to begin', () => {
    const ring = makeRing();
    const harness = open(ring);
    ring.record(3);
    expect(harness.drain.drainStale().packets).toBe(0);
    harness.nowMs = STALE_AFTER_MS;
    expect(harness.drain.drainStale().packets).toBe(1);
    ring.record(4);
    expect(harness.drain.drainStale().packets).toBe(0);
    harness.nowMs *= 2;
    expect(harness.drain.drainStale().packets).toBe(1);
    const { packets, numbers } = readStream(streamPath());
    expect(numbers).toEqual(upTo(7));
    expect(packets[1]?.timestampBegin).toBe(packets[0]?.timestampEnd);
    expect(harness.drain.statistics.eventsRecorded).toBe(7);
  });

  it('gives other rings their turn after a bounded number of bytes', () => {
    const subBufBytes = ROUND_BYTES_MAX / 2 + 4096;
    const ring = makeRing({ subBufBytes });
    ring.record(3 * Math.floor(subBufBytes / RECORD_BYTES) + 1);
    const { drain } = open(ring);
    expect(drain.drainClosed()).toEqual({ packets: 2, more: true });
    expect(drain.drainClosed()).toEqual({ packets: 1, more: false });
    expect(drain.statistics.eventsRecorded).toBe(ring.recorded - 1);
  });

  it('reports at the end how many events were discarded after the last packet', () => {
    const ring = makeRing();
    ring.record(5 * PER_SUB_BUF);
    const { drain } = open(ring);
    drain.drainClosed();
    atOnce(drain.flush());
    ring.recordTooBig();
    atOnce(drain.finish());
    const { packets, numbers } = readStream(streamPath());
    expect(numbers).toEqual(upTo(4 * PER_SUB_BUF));
    expect(packets.map((packet) => [packet.recordBytes > 0, packet.eventsDiscarded])).toEqual([
      [true, 0n],
      [true, 0n],
      [true, 0n],
      [true, BigInt(PER_SUB_BUF)],
      [false, BigInt(PER_SUB_BUF + 1)],
    ]);
    expect(packets.map((packet) => packet.packetSequenceNumber)).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(packets[4]?.timestampEnd).toBe(BigInt(ring.clock + 5));
    expect(drain.statistics).toMatchObject({ eventsDiscarded: PER_SUB_BUF + 1, packetsLost: 0, eventsLost: 0 });
  });

  it('writes no packet for a ring in which nothing happened', () => {
    const { drain } = open(makeRing());
    atOnce(drain.flush());
    atOnce(drain.finish());
    expect(readdirSync(directory).filter((name) => name.startsWith('channel0_1.'))).toEqual([]);
    expect(() => statSync(streamPath())).toThrowError(/ENOENT/);
  });

  it('reports events that were discarded in a ring without any record, also after a restart', () => {
    const ring = makeRing();
    ring.recordTooBig();
    atOnce(open(ring).drain.finish());
    const { drain, damaged } = open(ring);
    atOnce(drain.finish());
    expect(damaged).toBe(false);
    expect(readStream(streamPath()).packets).toMatchObject([{ eventsDiscarded: 1n, recordBytes: 0 }]);
  });

  it('counts sub-buffers that were overwritten as lost packets, which packet numbers leave out', () => {
    const ring = makeRing({ mode: RingMode.OVERWRITE });
    ring.record(10 * PER_SUB_BUF);
    const { drain } = open(ring);
    atOnce(drain.finish());
    const { packets, numbers } = readStream(streamPath());
    expect(numbers).toEqual(upTo(10 * PER_SUB_BUF).slice(-numbers.length));
    expect(drain.statistics.packetsLost).toBe(10 - packets.length);
    expect(packets.at(-1)?.packetSequenceNumber).toBe(9n);
  });
});

describe('StreamDrain, disk full', () => {
  it('keeps the events in the ring, says so once, waits longer each time, and takes them when there is room', () => {
    const ring = makeRing();
    const calls = failingCalls();
    const harness = open(ring, calls);
    ring.record(PER_SUB_BUF + 1);
    harness.drain.drainClosed();
    calls.failAfter(1000, 'ENOSPC');
    ring.record(2 * PER_SUB_BUF);
    let attempts = 0;
    const { writev } = calls;
    calls.writev = (...args) => {
      attempts += 1;
      return writev(...args);
    };
    for (; harness.nowMs < 1000; harness.nowMs += 2) expect(harness.drain.drainClosed().more).toBe(true);
    expect(attempts).toBeLessThan(50);
    expect(new Set(harness.problems)).toEqual(new Set([`disk full while writing ${directory}`]));
    expect(readStream(streamPath()).numbers).toEqual(upTo(PER_SUB_BUF));
    expect(ring.record(2 * PER_SUB_BUF)).toBeLessThan(2 * PER_SUB_BUF);
    calls.recover();
    atOnce(harness.drain.finish());
    expect(readStream(streamPath()).numbers).toEqual(upTo(ring.recorded));
    expect(harness.drain.statistics).toMatchObject({ eventsRecorded: ring.recorded, eventsLost: 0 });
  });

  it.each([RingMode.DISCARD, RingMode.OVERWRITE])(
    'counts events that never got into the file as lost (mode %i)',
    (mode) => {
      const ring = makeRing({ mode });
      const calls = failingCalls();
      const { drain } = open(ring, calls);
      ring.record(PER_SUB_BUF + 1);
      drain.drainClosed();
      calls.failAfter(1000, 'ENOSPC');
      ring.record(2 * PER_SUB_BUF);
      atOnce(drain.finish());
      expect(readStream(streamPath()).numbers).toEqual(upTo(PER_SUB_BUF));
      expect(drain.statistics).toMatchObject({ eventsRecorded: PER_SUB_BUF, eventsLost: 2 * PER_SUB_BUF + 1 });
    },
  );

  it('leaves events that cannot be written to the next consumer', () => {
    const ring = makeRing();
    const calls = failingCalls();
    calls.failAfter(0, 'EIO');
    ring.record(PER_SUB_BUF);
    open(ring, calls).drain.leave();
    const { drain } = open(ring);
    atOnce(drain.finish());
    expect(readStream(streamPath()).numbers).toEqual(upTo(PER_SUB_BUF));
  });
});

describe('StreamDrain, after the consumer was killed', () => {
  /** Copies the ring, or what the stream consists of, as they were at some moment, to be put back later. */
  function freeze(paths: readonly string[]): () => void {
    for (const path of paths) copyFileSync(path, `${path}.frozen`);
    return () => {
      for (const path of paths) copyFileSync(`${path}.frozen`, path);
    };
  }
  const indexPath = () => join(directory, 'index/channel0_1.idx');
  const checkpointPath = () => join(directory, 'index/channel0_1.checkpoint');

  function expectAll(ring: TestRing): void {
    ring.record(3);
    const { drain, problems, damaged } = open(ring);
    atOnce(drain.finish());
    expect({ problems, damaged }).toEqual({ problems: [], damaged: false });
    expect(readStream(streamPath()).numbers).toEqual(upTo(ring.recorded));
    expect(drain.statistics).toMatchObject({ eventsRecorded: ring.recorded, eventsLost: 0, packetsLost: 0 });
    const { bytes, packets } = drain.statistics;
    expect({ bytes, packets }).toEqual({
      bytes: statSync(streamPath()).size,
      packets: readStream(streamPath()).packets.length,
    });
  }

  /** What of packet 1, a closed sub-buffer or the open part, the former consumer had got done. */
  const states = [
    ['nothing', []],
    ['checkpoint', ['checkpoint']],
    ['half of the packet', ['checkpoint', 'half']],
    ['packet', ['checkpoint', 'data']],
    ['packet and half of the index entry', ['checkpoint', 'data', 'half-index']],
    ['packet and index entry', ['checkpoint', 'data', 'index']],
    ['everything', ['checkpoint', 'data', 'index', 'ring']],
  ] as const;

  for (const part of ['a closed sub-buffer', 'the open sub-buffer', 'a closed sub-buffer, its begin taken before']) {
    it.each(states)(`repeats nothing and loses nothing of ${part}: %s done`, (_name, done) => {
      const ring = makeRing();
      const former = open(ring);
      ring.record(part === 'a closed sub-buffer' ? PER_SUB_BUF + 1 : 7);
      if (part === 'a closed sub-buffer') former.drain.drainClosed();
      else atOnce(former.drain.flush());
      const sizes = { data: statSync(streamPath()).size, index: statSync(indexPath()).size };
      const untilHere = {
        ring: freeze([ring.path]),
        checkpoint: freeze([checkpointPath()]),
      };
      ring.record(part === 'the open sub-buffer' ? 5 : PER_SUB_BUF);
      // The ring's file holds the new records already; only the consumer's line is put back.
      if (part === 'the open sub-buffer') atOnce(former.drain.flush());
      else former.drain.drainClosed();
      const has = (what: string) => (done as readonly string[]).includes(what);
      const size = statSync(streamPath()).size;
      if (!has('data')) truncateSync(streamPath(), has('half') ? (sizes.data + size) >>> 1 : sizes.data);
      if (!has('index')) truncateSync(indexPath(), sizes.index + (has('half-index') ? 30 : 0));
      if (!has('checkpoint')) untilHere.checkpoint();
      if (!has('ring')) ring.restoreConsumerLine(`${ring.path}.frozen`);
      expectAll(ring);
    });
  }

  it('reports that the counts of a former consumer are lost, and still repeats nothing', () => {
    const ring = makeRing();
    ring.record(PER_SUB_BUF + 1);
    open(ring).drain.drainClosed();
    rmSync(checkpointPath());
    const { drain, problems } = open(ring);
    atOnce(drain.finish());
    expect(problems).toEqual([`the count of events written so far to ${streamPath()} was lost`]);
    expect(readStream(streamPath()).numbers).toEqual(upTo(ring.recorded));
    expect(drain.statistics.eventsRecorded).toBe(1);
  });

  it('goes on counting lost packets and discarded events', () => {
    const ring = makeRing({ mode: RingMode.OVERWRITE });
    ring.record(10 * PER_SUB_BUF);
    ring.recordTooBig();
    const former = open(ring).drain;
    atOnce(former.flush());
    const before = { ...former.statistics };
    const { drain } = open(ring);
    drain.refreshStatistics();
    expect(drain.statistics).toEqual(before);
    expect(before.packetsLost).toBeGreaterThan(0);
    expect(before.eventsDiscarded).toBe(1);
  });
});

describe('StreamDrain, damaged ring', () => {
  const damages: [string, (ring: TestRing) => void][] = [
    ['OPEN_SEQ far ahead', (ring) => ring.scribble(ProducerLine.OPEN_SEQ, 1_000_000)],
    [
      'COMMITTED beyond the sub-buffer',
      (ring) => ring.scribble(DESCRIPTORS_OFFSET + 2 * 64 + Descriptor.COMMITTED, 1e9),
    ],
    ['another sub-buffer in the slot', (ring) => ring.scribble(DESCRIPTORS_OFFSET + 2 * 64 + Descriptor.SEQ, 77)],
    ['a truncated file', (ring) => truncateSync(ring.path, 5000)],
  ];

  it.each(damages)('gives the ring up and keeps the packets so far: %s', (_name, damage) => {
    const ring = makeRing();
    ring.record(PER_SUB_BUF + 1);
    const harness = open(ring);
    harness.drain.drainClosed();
    harness.drain.refreshStatistics();
    ring.record(PER_SUB_BUF);
    damage(ring);
    expect(harness.drain.drainClosed()).toEqual({ packets: 0, more: false });
    expect(harness.damaged).toBe(true);
    atOnce(harness.drain.finish());
    expect(harness.problems).toEqual([
      expect.stringMatching(/^a ring of thread 11 of process 10 \(test\) was given up: /),
    ]);
    expect(readStream(streamPath()).numbers).toEqual(upTo(PER_SUB_BUF));
    expect(harness.drain.statistics.eventsRecorded).toBe(PER_SUB_BUF);
    expect(harness.drain.statistics.eventsLost).toBeGreaterThan(0);
  });

  it('does nothing more once it is finished', () => {
    const ring = makeRing();
    const { drain } = open(ring);
    atOnce(drain.finish());
    ring.record(2 * PER_SUB_BUF);
    drain.requestWake(true);
    expect(drain.drainClosed()).toEqual({ packets: 0, more: false });
    atOnce(drain.finish());
    expect(drain.statistics.eventsRecorded).toBe(0);
  });
});
