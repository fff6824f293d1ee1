import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Timers } from '@ringtail/base';
import type { FakeTimers } from '@ringtail/base/testing';
import { directoryAt, type OpenTraceRequest, type SessionStatistics } from '@ringtail/protocol';
import { RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer } from '../consumer.ts';
import { recoverRings } from '../crash/recover-rings.ts';
import type { FileCalls } from '../output/files/file-calls.ts';
import { answerOf, ConsumerScene } from '../testing/consumer-scene.test.support.ts';
import { failingCalls } from '../testing/failing-calls.test.support.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { requests } from '../testing/requests.test.support.ts';
import type { TestRing, TestRingOptions } from '../testing/test-ring.test.support.ts';

/** Records of a test ring that go into one of its sub-buffers. */
const PER_SUB_BUF = 409;

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: only root can make what it takes: not tested: snapshots of other users');

let scene: ConsumerScene;
let root: string;
let rings: readonly TestRing[];
let timers: FakeTimers;
let logged: readonly string[];
beforeEach(() => {
  scene = new ConsumerScene();
  ({ root, rings, timers, logged } = scene);
});
afterEach(() => scene.close());

const place = 'ust/uid/0/64-bit';
const snapshotIn = (name: string) => join(root, 'snapshots', name);
const stream = (name: string, id: number) => readStream(join(snapshotIn(name), place, `channel0_${id}`));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

const makeRing = (options: Partial<TestRingOptions> = {}) => scene.makeRing({ mode: RingMode.OVERWRITE, ...options });

interface RecorderOptions {
  readonly calls?: FileCalls;
  readonly trace?: Partial<OpenTraceRequest>;
  readonly timers?: Timers;
}

/** A consumer with a flight recorder of these rings. */
function startRecorder(of: readonly TestRing[], options: RecorderOptions = {}): Consumer {
  const { trace, ...consumerOptions } = options;
  const consumer = scene.makeConsumer(consumerOptions);
  const { setUp, openRing } = requests(root);
  const [openTrace, ...rest] = setUp;
  consumer.handle({ ...openTrace, output: null, snapshot: true, ringDirectory: null, ...trace });
  for (const command of [...rest, ...of.map((ring, idx) => openRing(idx + 1, ring))]) consumer.handle(command);
  return consumer;
}

const take = (consumer: Consumer, name: string, maxBytes: number | null = null): Promise<SessionStatistics> =>
  consumer.snapshot({ type: 'snapshot', session: 's', destination: directoryAt(snapshotIn(name)), maxBytes });

describe('a flight recorder', () => {
  it('writes nothing by itself, and reports how much was recorded', () => {
    const ring = makeRing();
    const consumer = startRecorder([ring], { trace: { output: directoryAt(join(root, 'out')) } });
    ring.record(10_000);
    ring.recordTooBig();
    timers.advance(5000);
    for (const type of ['statistics', 'flush', 'statistics', 'close-session'] as const) {
      const statistics = consumer.handle({ type, session: 's' });
      if (type !== 'flush')
        expect(statistics).toMatchObject({ eventsRecorded: 10_000, eventsDiscarded: 1, packets: 0 });
      expect(statistics).toMatchObject({ bytes: 0, dataStreams: 0, packetsLost: 0, eventsLost: 0 });
    }
    expect(readdirSync(root)).toEqual(['channel0_10-11-1.ring']);
  });

  it('gives the content of the rings, repeatedly, each time as a whole trace', async () => {
    const [full, small, empty] = [makeRing(), makeRing(), makeRing()];
    const consumer = startRecorder([full, small, empty]);
    full.record(10_000);
    small.record(7);
    const held = 3 * PER_SUB_BUF + (10_000 % PER_SUB_BUF);
    const before = rings.map((ring) => readFileSync(ring.path));
    const statistics = await take(consumer, 'first');
    expect(statistics).toEqual({
      eventsRecorded: held + 7,
      eventsDiscarded: 0,
      eventsFailed: 0,
      eventsNested: 0,
      eventsLost: 0,
      packetsLost: 0,
      packets: 5,
      bytes:
        statSync(join(snapshotIn('first'), place, 'channel0_1')).size +
        statSync(join(snapshotIn('first'), place, 'channel0_2')).size,
      dataStreams: 2,
      programsNotRecorded: 0,
      troubles: [],
      wrongValues: [],
    });
    expect(stream('first', 1).numbers).toEqual(upTo(10_000).slice(-held));
    expect(stream('first', 2).numbers).toEqual(upTo(7));
    expect(readFileSync(join(snapshotIn('first'), place, 'metadata'), 'utf8')).toContain('name = "test:number";');
    expect(readdirSync(join(snapshotIn('first'), place)).sort()).toEqual([
      'channel0_1',
      'channel0_2',
      'index',
      'metadata',
    ]);
    expect(rings.map((ring) => readFileSync(ring.path))).toEqual(before);

    full.record(1);
    expect((await take(consumer, 'second')).eventsRecorded).toBe(held + 8);
    expect(stream('second', 1).numbers.at(-1)).toBe(10_000);
    expect(readdirSync(join(root, 'snapshots')).sort()).toEqual(['first', 'second']);
  });

  it('reports lost packets and discarded events only if the snapshot itself lacks some', async () => {
    const ring = makeRing();
    const consumer = startRecorder([ring]);
    ring.record(9 * PER_SUB_BUF);
    ring.recordTooBig();
    ring.record(1);
    expect(await take(consumer, 'a')).toMatchObject({ eventsDiscarded: 1, packetsLost: 0 });
    const { packets } = stream('a', 1);
    expect(packets.map((packet) => packet.packetSequenceNumber)).toEqual([6n, 7n, 8n, 9n]);
    expect(packets.map((packet) => packet.eventsDiscarded)).toEqual([0n, 0n, 1n, 1n]);
    ring.record(4 * PER_SUB_BUF);
    expect(await take(consumer, 'b')).toMatchObject({ eventsDiscarded: 0 });
  });

  it('divides a budget among the rings, and gives the newest', async () => {
    const [large, small] = [makeRing({ subBufCount: 16 }), makeRing()];
    const consumer = startRecorder([large, small]);
    large.record(100 * PER_SUB_BUF);
    small.record(5);
    const statistics = await take(consumer, 'a', 20_000);
    expect(statistics.bytes).toBeLessThanOrEqual(20_000);
    const { numbers } = stream('a', 1);
    expect(numbers).toEqual(upTo(large.recorded).slice(-3 * PER_SUB_BUF));
    expect(stream('a', 2).numbers).toEqual(upTo(5));
    expect(await take(consumer, 'b', 1)).toMatchObject({ packets: 2, eventsRecorded: PER_SUB_BUF + 5 });
    expect(await take(consumer, 'c', 10_000_000)).toMatchObject({ packets: 17, packetsLost: 0 });
  });

  it('lets other sessions have their turn, and stays whole when its rings are closed meanwhile', async () => {
    let nowMs = 0;
    const slow: Timers = { nowMs: () => nowMs++, after: (delayMs, run) => timers.after(delayMs, run) };
    const [recorded, drained] = [makeRing({ subBufCount: 16 }), makeRing({ mode: RingMode.DISCARD })];
    const consumer = startRecorder([recorded], { timers: slow });
    const { setUp, openRing } = requests(root);
    const other = { output: directoryAt(join(root, 'out')), ringDirectory: null, session: 'other', trace: 5 };
    consumer.handle({ ...setUp[0], ...other });
    consumer.handle({ ...setUp[1], trace: 5, channel: 6 });
    consumer.handle({ ...openRing(9, drained), channel: 6 });
    recorded.record(16 * PER_SUB_BUF);
    const result = take(consumer, 'a');
    expect(existsSync(snapshotIn('a'))).toBe(false);
    drained.record(2 * PER_SUB_BUF);
    timers.advance(2);
    expect(statSync(join(root, 'out', place, 'channel0_9')).size).toBeGreaterThan(0);
    expect(await result).toMatchObject({ eventsRecorded: 16 * PER_SUB_BUF, packetsLost: 0 });

    const [first, repeated] = [take(consumer, 'b'), take(consumer, 'b')];
    const closed = consumer.handle({ type: 'close-session', session: 's' });
    expect(closed).toMatchObject({ eventsRecorded: 16 * PER_SUB_BUF });
    expect(existsSync(snapshotIn('b'))).toBe(false);
    timers.advance(1000);
    expect(await first).toEqual(await result);
    expect(await repeated).toEqual(await result);
    expect(stream('b', 1).numbers).toEqual(upTo(16 * PER_SUB_BUF));
    expect(stream('a', 1).numbers).toEqual(upTo(16 * PER_SUB_BUF));
  });

  it('counts sub-buffers that are overwritten while it copies', async () => {
    let nowMs = 0;
    const slow: Timers = { nowMs: () => nowMs++, after: (delayMs, run) => timers.after(delayMs, run) };
    const ring = makeRing({ subBufCount: 16 });
    const consumer = startRecorder([ring], { timers: slow });
    ring.record(16 * PER_SUB_BUF);
    const result = take(consumer, 'a');
    ring.record(10 * PER_SUB_BUF);
    timers.advance(1000);
    const { packets, packetsLost } = await result;
    expect(packetsLost).toBeGreaterThan(4);
    expect(packets + packetsLost).toBe(16);
    const { numbers } = stream('a', 1);
    expect(numbers).toEqual(
      [...upTo(numbers.length - 6 * PER_SUB_BUF), ...upTo(16 * PER_SUB_BUF).slice(-6 * PER_SUB_BUF)].slice(
        -numbers.length,
      ),
    );
    expect(numbers.at(-1)).toBe(16 * PER_SUB_BUF - 1);
  });

  it('begins anew where a former consumer stopped in the middle, and repeats the answer where it was done', async () => {
    const ring = makeRing();
    ring.record(5);
    const partial = join(`${snapshotIn('a')}.partial`, place);
    mkdirSync(join(partial, 'index'), { recursive: true });
    writeFileSync(join(partial, 'channel0_77'), 'half a packet');
    const first = await take(startRecorder([ring]), 'a');
    expect(readdirSync(join(root, 'snapshots'))).toEqual(['a']);
    expect(readdirSync(join(snapshotIn('a'), place)).sort()).toEqual(['channel0_1', 'index', 'metadata']);
    ring.record(100);
    expect(await take(startRecorder([ring]), 'a')).toEqual(first);
    expect(stream('a', 1).numbers).toEqual(upTo(5));
  });

  it('refuses a directory that holds something else, or a link in its place', async () => {
    const ring = makeRing();
    ring.record(5);
    const consumer = startRecorder([ring]);
    mkdirSync(snapshotIn('a'), { recursive: true });
    for (const note of ['', 'null', '{"troubles":[]}', '{"eventsRecorded":"many"', '[1]']) {
      writeFileSync(join(snapshotIn('a'), '.snapshot.json'), note);
      await expect(take(consumer, 'a')).rejects.toMatchObject({ code: 'DIRECTORY_REFUSED' });
    }
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'elsewhere', 'precious'), '');
    symlinkSync(join(root, 'elsewhere'), `${snapshotIn('b')}.partial`);
    await expect(take(consumer, 'b')).rejects.toMatchObject({ code: 'DIRECTORY_REFUSED' });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual(['precious']);
    mkdirSync(snapshotIn('c'));
    expect(await take(consumer, 'c')).toMatchObject({ eventsRecorded: 5 });
  });

  it.each([0, 50, 5000, 16_384, 16_800])(
    'leaves nothing behind when the disk is full after %i bytes',
    async (bytes) => {
      const ring = makeRing();
      const calls = failingCalls();
      const consumer = startRecorder([ring], { calls });
      ring.record(4 * PER_SUB_BUF);
      calls.failAfter(bytes, 'ENOSPC');
      const refusal = await take(consumer, 'a').catch((error) => error);
      expect(refusal).toMatchObject({ code: 'NOT_WRITTEN' });
      expect(refusal.message).toMatch(/was given up after [0-9]+ bytes: the disk is full\. Nothing of it is left/);
      expect(readdirSync(join(root, 'snapshots'))).toEqual([]);
      calls.recover();
      expect(await take(consumer, 'a')).toMatchObject({ eventsRecorded: 4 * PER_SUB_BUF });
    },
  );

  it.skipIf(!isRoot)('writes as its owner, and not where the owner may not', async () => {
    const owner = { uid: 12_345, gid: 12_346 };
    const ring = makeRing();
    ring.record(5);
    const consumer = startRecorder([ring], { trace: { owner } });
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'snapshots'));
    expect(await take(consumer, 'a').catch((error) => error)).toMatchObject({ code: 'NOT_WRITTEN' });
    chownSync(join(root, 'snapshots'), owner.uid, owner.gid);
    expect(await take(consumer, 'a')).toMatchObject({ eventsRecorded: 5 });
    for (const name of ['', '.snapshot.json', `${place}/metadata`, `${place}/index`, `${place}/channel0_1`]) {
      expect(statSync(join(snapshotIn('a'), name))).toMatchObject(owner);
    }
    expect(process.geteuid?.()).toBe(0);
  });

  it('goes on without a damaged ring, and names its owner', async () => {
    const [broken, sound] = [makeRing(), makeRing()];
    const consumer = startRecorder([broken, sound]);
    broken.record(1000);
    sound.record(1000);
    truncateSync(broken.path, 5000);
    for (const [name, maxBytes] of [
      ['a', null],
      ['b', 1_000_000],
    ] as const) {
      const { eventsRecorded, troubles } = await take(consumer, name, maxBytes);
      expect(eventsRecorded).toBe(1000);
      expect(troubles[0]).toMatch(/^a ring of thread 11 of process 10 \(test\) is not in the snapshot, or not whole: /);
      expect(stream(name, 2).numbers).toEqual(upTo(1000));
    }
    expect(answerOf(consumer, { type: 'statistics', session: 's' }).troubles).toHaveLength(1);
  });

  it('is the only kind of session that has snapshots', async () => {
    const consumer = startRecorder([], { trace: { snapshot: false, output: directoryAt(join(root, 'out')) } });
    await expect(take(consumer, 'a')).rejects.toMatchObject({ code: 'NOT_A_SNAPSHOT_SESSION' });
    expect(existsSync(snapshotIn('a'))).toBe(false);
    const { setUp } = requests(root);
    expect(() => consumer.handle({ ...setUp[0], trace: 9, output: null })).toThrowError(/for snapshots only/);
  });

  it('gives a trace without packets where nothing is recorded, and no directory where there is no trace', async () => {
    const consumer = startRecorder([makeRing()]);
    expect(await take(consumer, 'a')).toMatchObject({ eventsRecorded: 0, packets: 0, dataStreams: 0 });
    expect(readdirSync(join(snapshotIn('a'), place)).sort()).toEqual(['index', 'metadata']);
    const other = {
      type: 'snapshot',
      session: 'unknown',
      destination: directoryAt(snapshotIn('b')),
      maxBytes: null,
    } as const;
    expect(await consumer.snapshot(other)).toMatchObject({ eventsRecorded: 0 });
    expect(readdirSync(join(root, 'snapshots'))).toEqual(['a']);
  });

  it('saves the content of its rings in the output of its session when the session daemon has gone', () => {
    const ring = makeRing();
    const consumer = startRecorder([ring], { trace: { output: directoryAt(join(root, 'out')) } });
    consumer.recoverSnapshots(new Date(2026, 10, 20, 9, 8, 7));
    expect(existsSync(join(root, 'out'))).toBe(false);
    ring.record(500);
    consumer.recoverSnapshots(new Date(2026, 10, 20, 9, 8, 7));
    const directory = join(root, 'out', 's-recovered-20261120-090807');
    expect(readStream(join(directory, place, 'channel0_1')).numbers).toEqual(upTo(500));
    expect(logged.at(-1)).toContain(directory);
  });

  it('leaves nothing anywhere when it has no output, or was closed', () => {
    const ring = makeRing();
    ring.record(500);
    const without = startRecorder([ring]);
    without.recoverSnapshots(new Date());
    const closed = startRecorder([ring], { trace: { output: directoryAt(join(root, 'out')) } });
    closed.handle({ type: 'close-session', session: 's' });
    closed.recoverSnapshots(new Date());
    expect(readdirSync(root)).toEqual(['channel0_10-11-1.ring']);
  });

  it('is recovered whole from its ring files when every process is gone', () => {
    const ring = makeRing();
    startRecorder([ring], { trace: { ringDirectory: root } });
    ring.record(10_000);
    const [trace] = recoverRings(root, join(root, 'recovered')).traces;
    const held = 3 * PER_SUB_BUF + (10_000 % PER_SUB_BUF);
    expect(trace?.statistics).toMatchObject({ eventsRecorded: held, packetsLost: 0, troubles: [] });
    const { numbers } = readStream(join(root, 'recovered', 'channel0_10-11-1'));
    expect(numbers).toEqual(upTo(10_000).slice(-held));
  });

  it('is recovered up to the damage of its ring files', () => {
    const ring = makeRing();
    startRecorder([ring], { trace: { ringDirectory: root } });
    ring.record(4 * PER_SUB_BUF);
    // Sub-buffer 3 claims more than there is room for.
    ring.scribble(1024 + 3 * 64 + 4, 5000);
    const [trace] = recoverRings(root, join(root, 'recovered')).traces;
    expect(trace?.statistics).toMatchObject({ eventsRecorded: PER_SUB_BUF });
    expect(trace?.statistics.troubles[0]).toMatch(
      /^a ring of thread 11 of process 10 .* was given up: ring is corrupt: COMMITTED/,
    );
  });

  it('has nothing from before it was cleared', async () => {
    const ring = makeRing();
    const consumer = startRecorder([ring], { trace: { ringDirectory: root } });
    ring.record(10_000);
    ring.recordTooBig();
    expect(consumer.handle({ type: 'clear', session: 's' })).toMatchObject({ eventsRecorded: 0, eventsDiscarded: 0 });
    expect(await take(consumer, 'a')).toMatchObject({ eventsRecorded: 0 });
    ring.record(2 * PER_SUB_BUF);
    expect(consumer.handle({ type: 'statistics', session: 's' })).toMatchObject({ eventsRecorded: 2 * PER_SUB_BUF });
    expect(await take(consumer, 'b')).toMatchObject({ eventsRecorded: 2 * PER_SUB_BUF, packetsLost: 0 });
    expect(stream('b', 1).numbers).toEqual(upTo(ring.recorded).slice(10_000));
    const [trace] = recoverRings(root, join(root, 'recovered')).traces;
    expect(trace?.statistics).toMatchObject({ eventsRecorded: 2 * PER_SUB_BUF, packetsLost: 0 });
  });
});
