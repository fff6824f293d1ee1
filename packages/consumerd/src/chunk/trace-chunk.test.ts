import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeTimers } from '@ringtail/base/testing';
import { directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer } from '../consumer.ts';
import { type FileCalls, systemCalls } from '../output/files/file-calls.ts';
import { answerOf, ConsumerScene, codeOf } from '../testing/consumer-scene.test.support.ts';
import { failingCalls } from '../testing/failing-calls.test.support.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { KERNEL_UUID, requests } from '../testing/requests.test.support.ts';
import { RECORD_BYTES, type TestRing } from '../testing/test-ring.test.support.ts';

const PER_SUB_BUF = Math.floor(4096 / RECORD_BYTES);
const PLACE = 'ust/uid/0/64-bit';

let scene: ConsumerScene;
let root: string;
let rings: readonly TestRing[];
let timers: FakeTimers;
beforeEach(() => {
  scene = new ConsumerScene();
  ({ root, rings, timers } = scene);
});
afterEach(() => scene.close());

const makeRing = () => scene.makeRing();

/** A consumer that has been told of the session and of these rings, in order from 1 on. */
function makeConsumer(opened: readonly TestRing[] = rings, calls: FileCalls = systemCalls): Consumer {
  const consumer = scene.makeConsumer({ calls });
  const { setUp, openRing } = requests(root);
  for (const command of setUp) consumer.handle(command);
  for (const ring of opened) consumer.handle(openRing(rings.indexOf(ring) + 1, ring));
  return consumer;
}

/** Tells a consumer of a trace of another domain, with this ring. */
function openKernel(consumer: Consumer, ring: TestRing): void {
  const { kernelSetUp, openRing } = requests(root);
  for (const command of [...kernelSetUp, openRing(9, ring, { channel: 12 })]) consumer.handle(command);
}

const out = (...parts: string[]) => join(root, 'out', ...parts);
const archive = (name: string) => out('archives', name);
const rotate = (consumer: Consumer, name: string) =>
  consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(archive(name)) }) as SessionStatistics;
const CLEAR = { type: 'clear', session: 's' } as const;
const FLUSH = { type: 'flush', session: 's' } as const;
const CLOSE = { type: 'close-session', session: 's' } as const;
const numbersIn = (chunk: string, stream = 'channel0_1') => readStream(join(chunk, PLACE, stream)).numbers;
const kernelNumbersIn = (chunk: string) => readStream(join(chunk, 'kernel', 'channel0_9')).numbers;
const packetsIn = (chunk: string) => readStream(join(chunk, PLACE, 'channel0_1')).packets;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
describe('a rotation', () => {
  it('archives everything committed, with the metadata and nothing else, and goes on in new files', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    ring.record(1000);
    timers.advance(10);
    expect(rotate(consumer, 'a')).toMatchObject({ eventsRecorded: 1000, packets: 3 });
    ring.record(500);
    expect(rotate(consumer, 'b')).toMatchObject({ eventsRecorded: 1500 });
    ring.record(7);
    expect(consumer.handle(CLOSE)).toMatchObject({ eventsRecorded: 1507, eventsLost: 0, packetsLost: 0, troubles: [] });
    expect(numbersIn(archive('a'))).toEqual(range(0, 1000));
    expect(numbersIn(archive('b'))).toEqual(range(1000, 1500));
    expect(numbersIn(out())).toEqual(range(1500, 1507));
    for (const chunk of [archive('a'), archive('b'), out()]) {
      expect(readdirSync(join(chunk, PLACE)).sort()).toEqual(['channel0_1', 'index', 'metadata']);
      expect(readdirSync(join(chunk, PLACE, 'index'))).toEqual(['channel0_1.idx']);
      expect(readFileSync(join(chunk, PLACE, 'metadata'), 'utf8')).toBe(readFileSync(out(PLACE, 'metadata'), 'utf8'));
    }
    expect(existsSync(out('.tmp_new_chunk'))).toBe(false);
  });

  it('archives the directories of all domains', () => {
    const [user, kernel] = [makeRing(), scene.makeRing({ uuid: KERNEL_UUID })];
    const consumer = makeConsumer([user]);
    openKernel(consumer, kernel);
    user.record(10);
    kernel.record(20);
    expect(rotate(consumer, 'a')).toMatchObject({ eventsRecorded: 30 });
    kernel.record(5);
    expect(consumer.handle(CLOSE)).toMatchObject({ eventsRecorded: 35, eventsLost: 0, packetsLost: 0, troubles: [] });
    expect(readdirSync(archive('a')).sort()).toEqual(['kernel', 'ust']);
    expect(numbersIn(archive('a'))).toEqual(range(0, 10));
    expect(kernelNumbersIn(archive('a'))).toEqual(range(0, 20));
    expect(kernelNumbersIn(out())).toEqual(range(20, 25));
    expect(readdirSync(out()).sort()).toEqual(['.ringtail', 'archives', 'kernel', 'ust']);
  });

  it('continues numbers, times and the counter of discarded events of the packets', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    ring.record(6 * PER_SUB_BUF);
    rotate(consumer, 'a');
    ring.record(10);
    rotate(consumer, 'b');
    const [before, after] = [packetsIn(archive('a')), packetsIn(archive('b'))];
    expect(after[0]?.packetSequenceNumber).toBe(BigInt(before.length));
    expect(after[0]?.timestampBegin).toBe(before.at(-1)?.timestampEnd);
    expect(before.at(-1)?.eventsDiscarded).toBe(BigInt(2 * PER_SUB_BUF));
    expect(after[0]?.eventsDiscarded).toBe(BigInt(2 * PER_SUB_BUF));
  });

  it('archives a chunk without events as well: its metadata', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    rotate(consumer, 'a');
    expect(readdirSync(join(archive('a'), PLACE))).toEqual(['metadata']);
    ring.record(3);
    consumer.handle(FLUSH);
    expect(numbersIn(out())).toEqual([0, 1, 2]);
  });

  it('repeated, does nothing more', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    ring.record(10);
    rotate(consumer, 'a');
    ring.record(10);
    expect(rotate(consumer, 'a')).toMatchObject({ eventsRecorded: 10 });
    expect(consumer.handle(FLUSH)).toMatchObject({ eventsRecorded: 20 });
    expect(numbersIn(archive('a'))).toEqual(range(0, 10));
    expect(numbersIn(out())).toEqual(range(10, 20));
  });

  it('describes events declared before and after it, in every chunk', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    rotate(consumer, 'a');
    const spec = { name: 'test:later', logLevel: 13, fields: [] };
    consumer.handle({ type: 'declare-events', channel: 2, events: [{ id: 1, spec }] });
    ring.record(1);
    rotate(consumer, 'b');
    const metadata = (chunk: string) => readFileSync(join(chunk, PLACE, 'metadata'), 'utf8');
    expect(metadata(archive('a'))).not.toContain('test:later');
    expect(metadata(archive('b'))).toContain('test:later');
    expect(metadata(out())).toBe(metadata(archive('b')));
    expect(readFileSync(join(root, 'metadata'), 'utf8')).toBe(metadata(out()));
  });

  it('is completed by the next consumer, whether the old one died before or after the move', () => {
    const ring = makeRing();
    makeConsumer();
    ring.record(900);
    timers.advance(10);
    // Before the move: nothing has happened.
    mkdirSync(out('.tmp_new_chunk/ust/uid'), { recursive: true });
    rotate(makeConsumer(), 'a');
    expect(numbersIn(archive('a'))).toEqual(range(0, 900));
    // After it: the new chunk was not in its place yet.
    rmSync(out('ust'), { recursive: true });
    const third = makeConsumer();
    ring.record(50);
    expect(rotate(third, 'a')).toMatchObject({ eventsRecorded: 900 });
    expect(third.handle(CLOSE)).toMatchObject({ eventsRecorded: 950, packetsLost: 0, troubles: [] });
    expect(numbersIn(archive('a'))).toEqual(range(0, 900));
    expect(numbersIn(out())).toEqual(range(900, 950));
  });

  it('leaves the statistics exact for a consumer that follows, those of closed rings too', () => {
    const [first, second] = [makeRing(), makeRing()];
    const consumer = makeConsumer();
    first.record(100);
    second.record(5 * PER_SUB_BUF);
    consumer.handle({ type: 'close-ring', ring: 1 });
    rotate(consumer, 'a');
    second.record(20);
    rotate(consumer, 'b');
    const expected = consumer.handle(FLUSH);
    const next = makeConsumer([second]);
    expect(next.handle(FLUSH)).toEqual(expected);
    expect(expected).toMatchObject({
      eventsRecorded: 100 + second.recorded,
      eventsDiscarded: PER_SUB_BUF,
      dataStreams: 2,
    });
  });

  it('does not happen while there is no room for the new chunk, loses nothing, and happens when there is', () => {
    const ring = makeRing();
    const calls = failingCalls();
    const consumer = makeConsumer(rings, calls);
    ring.record(900);
    consumer.handle(FLUSH);
    const metadata = readFileSync(out(PLACE, 'metadata'), 'utf8');
    // In steps, through the checkpoint of the flush and the metadata of the new chunk.
    for (let bytes = 0; bytes < metadata.length; bytes += 97) {
      calls.failAfter(bytes, 'ENOSPC');
      ring.record(1);
      expect(codeOf(consumer, { type: 'rotate', session: 's', archive: directoryAt(archive('a')) })).toBe(
        'NOT_WRITTEN',
      );
      expect(existsSync(archive('a'))).toBe(false);
      expect(existsSync(out('.tmp_new_chunk'))).toBe(false);
    }
    calls.recover();
    rotate(consumer, 'a');
    expect(numbersIn(archive('a'))).toEqual(range(0, ring.recorded));
    expect(readFileSync(join(archive('a'), PLACE, 'metadata'), 'utf8')).toBe(metadata);
    ring.record(1);
    expect(consumer.handle(CLOSE)).toMatchObject({
      eventsRecorded: ring.recorded,
      eventsLost: 0,
      troubles: [expect.stringMatching(/^disk full while writing /)],
    });
  });

  it('that cannot move the chunk leaves it as it was, and goes on in it', () => {
    const ring = makeRing();
    const consumer = makeConsumer();
    ring.record(10);
    writeFileSync(out('archives'), 'no directory');
    expect(codeOf(consumer, { type: 'rotate', session: 's', archive: directoryAt(archive('a')) })).toMatch(/./);
    ring.record(10);
    consumer.handle(FLUSH);
    expect(numbersIn(out())).toEqual(range(0, 20));
    rmSync(out('archives'));
    rotate(consumer, 'a');
    expect(numbersIn(archive('a'))).toEqual(range(0, 20));
  });

  it.each(['../elsewhere', 'ust/x', 'kernel/x', '.ringtail/x', '.', '.tmp_new_chunk'])(
    'refuses an archive at %s',
    (place) => {
      const consumer = makeConsumer();
      expect(codeOf(consumer, { type: 'rotate', session: 's', archive: directoryAt(join(out(), place)) })).toBe(
        'BAD_REQUEST',
      );
    },
  );

  it('does not follow a link in place of its archive', () => {
    const consumer = makeConsumer();
    mkdirSync(join(root, 'elsewhere'));
    mkdirSync(out('archives'));
    symlinkSync(join(root, 'elsewhere'), archive('a'));
    expect(codeOf(consumer, { type: 'rotate', session: 's', archive: directoryAt(archive('a')) })).toBe(
      'DIRECTORY_REFUSED',
    );
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });
});

describe('a clear', () => {
  it('drops rings and files, keeps metadata and archives, and counts anew', () => {
    const [ring, closed] = [makeRing(), makeRing()];
    const consumer = makeConsumer();
    closed.record(10);
    consumer.handle({ type: 'close-ring', ring: 2 });
    ring.record(100);
    rotate(consumer, 'a');
    ring.record(6 * PER_SUB_BUF);
    timers.advance(10);
    ring.record(50);
    const metadata = readFileSync(out(PLACE, 'metadata'), 'utf8');
    const { recorded } = ring;
    expect(consumer.handle(CLEAR)).toMatchObject({ eventsRecorded: 0, eventsDiscarded: 0, bytes: 0, dataStreams: 0 });
    expect(readdirSync(out(PLACE)).sort()).toEqual(['index', 'metadata']);
    expect(readFileSync(out(PLACE, 'metadata'), 'utf8')).toBe(metadata);
    expect(consumer.handle(CLEAR)).toMatchObject({ eventsRecorded: 0, dataStreams: 0 });
    ring.record(30);
    const expected = {
      eventsRecorded: 30,
      eventsDiscarded: 0,
      eventsLost: 0,
      packetsLost: 0,
      packets: 1,
      dataStreams: 1,
    };
    expect(consumer.handle(FLUSH)).toMatchObject(expected);
    expect(numbersIn(out())).toEqual(range(recorded, recorded + 30));
    expect(numbersIn(archive('a'))).toEqual(range(0, 100));
    const lastArchived = packetsIn(archive('a')).at(-1)?.packetSequenceNumber as bigint;
    expect(packetsIn(out())[0]?.packetSequenceNumber).toBe(lastArchived + 1n);
    const next = makeConsumer([ring]);
    expect(next.handle(FLUSH)).toMatchObject(expected);
    ring.record(6 * PER_SUB_BUF);
    expect(answerOf(next, FLUSH).eventsRecorded).toBe(ring.recorded - recorded);
  });

  it('of a full ring is followed by packets that tell how many events were discarded since', () => {
    const ring = scene.makeRing({ subBufCount: 2 });
    const consumer = makeConsumer();
    ring.record(3 * PER_SUB_BUF);
    consumer.handle(CLEAR);
    const { attempted, recorded } = ring;
    ring.record(3 * PER_SUB_BUF);
    const discarded = ring.attempted - attempted - (ring.recorded - recorded);
    expect(discarded).toBeGreaterThan(0);
    timers.advance(10);
    expect(consumer.handle(FLUSH)).toMatchObject({ eventsDiscarded: discarded, packetsLost: 0 });
    ring.record(10);
    expect(consumer.handle(FLUSH)).toMatchObject({ eventsDiscarded: discarded, packetsLost: 0 });
    const told = packetsIn(out()).map(({ eventsDiscarded }) => Number(eventsDiscarded));
    expect(told.at(-1)! - told[0]!).toBe(discarded);
    const spans = packetsIn(out()).map(({ timestampBegin, timestampEnd }) => [timestampBegin, timestampEnd] as const);
    expect(spans.every(([begin, end], i) => begin < end && (i === 0 || begin >= spans[i - 1]![1]))).toBe(true);
    expect(numbersIn(out())).toEqual(range(recorded, ring.recorded));
  });

  it('removes the files of all domains, and the directories of processes that have gone in each', () => {
    const [user, kernel] = [makeRing(), scene.makeRing({ uuid: KERNEL_UUID })];
    const consumer = makeConsumer([user]);
    openKernel(consumer, kernel);
    user.record(10);
    kernel.record(20);
    consumer.handle(FLUSH);
    for (const domain of ['ust', 'kernel']) mkdirSync(out(domain, 'pid', 'gone-1'), { recursive: true, mode: 0o700 });
    expect(consumer.handle(CLEAR)).toMatchObject({ eventsRecorded: 0, dataStreams: 0 });
    for (const domain of ['ust', 'kernel']) expect(readdirSync(out(domain, 'pid'))).toEqual([]);
    expect(readdirSync(out(PLACE)).sort()).toEqual(['index', 'metadata']);
    expect(readdirSync(out('kernel')).sort()).toEqual(['index', 'metadata', 'pid']);
    kernel.record(3);
    consumer.handle(FLUSH);
    expect(kernelNumbersIn(out())).toEqual(range(20, 23));
  });

  it('of rings that never wrote a packet is remembered by the next consumer', () => {
    const ring = makeRing();
    ring.record(6 * PER_SUB_BUF);
    const { recorded } = ring;
    makeConsumer().handle(CLEAR);
    const next = makeConsumer();
    ring.record(5);
    expect(next.handle(CLOSE)).toMatchObject({ eventsRecorded: 5, eventsDiscarded: 0, eventsLost: 0, packetsLost: 0 });
    expect(numbersIn(out())).toEqual(range(recorded, recorded + 5));
  });

  it('without room for a note of it is refused, and can be repeated', () => {
    const ring = makeRing();
    const calls = failingCalls();
    const consumer = makeConsumer(rings, calls);
    ring.record(10);
    calls.failAfter(0, 'ENOSPC');
    expect(codeOf(consumer, CLEAR)).toBe('ENOSPC');
    calls.recover();
    ring.record(10);
    expect(consumer.handle(CLEAR)).toMatchObject({ eventsRecorded: 0 });
    ring.record(10);
    expect(consumer.handle(CLOSE)).toMatchObject({ eventsRecorded: 10, eventsLost: 0 });
    expect(numbersIn(out())).toEqual(range(20, 30));
  });
});
