import { appendFileSync, closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeTimers } from '@ringtail/base/testing';
import type { SessionStatistics } from '@ringtail/protocol';
import { ProducerLine } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileCalls, systemCalls } from './output/files/file-calls.ts';
import { answerOf, ConsumerScene, codeOf } from './testing/consumer-scene.test.support.ts';
import { failingCalls } from './testing/failing-calls.test.support.ts';
import { readStream } from './testing/read-stream.test.support.ts';
import { requests, TEST_EVENT } from './testing/requests.test.support.ts';
import type { TestRingOptions } from './testing/test-ring.test.support.ts';

let scene: ConsumerScene;
let root: string;
let timers: FakeTimers;
let logged: readonly string[];
beforeEach(() => {
  scene = new ConsumerScene();
  ({ root, timers, logged } = scene);
});
afterEach(() => scene.close());

const makeRing = (options?: Partial<TestRingOptions>) => scene.makeRing(options);
const makeConsumer = (calls: FileCalls = systemCalls) => scene.makeConsumer({ calls });

const directory = () => join(root, 'out/ust/uid/0/64-bit');
const stream = (id: number) => join(directory(), `channel0_${id}`);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('Consumer', () => {
  it('drains rings by itself, and has everything in the files when a flush is answered', () => {
    const consumer = makeConsumer();
    const ring = makeRing();
    const { setUp, openRing } = requests(root);
    for (const command of [...setUp, openRing(1, ring)]) expect(consumer.handle(command)).toBeNull();
    ring.record(1000);
    timers.advance(10);
    expect(readStream(stream(1)).numbers).toEqual(upTo(818));
    expect(consumer.handle({ type: 'flush', session: 's' })).toEqual({
      eventsRecorded: 1000,
      eventsDiscarded: 0,
      eventsFailed: 0,
      eventsNested: 0,
      eventsLost: 0,
      packetsLost: 0,
      packets: 3,
      bytes: statSync(stream(1)).size,
      dataStreams: 1,
      programsNotRecorded: 0,
      troubles: [],
      wrongValues: [],
    });
    expect(readStream(stream(1)).numbers).toEqual(upTo(1000));
  });

  it.each([
    ['tsc', 'a cycle after the last event, since the consumer does not know the time now'],
    ['monotonic', 'with the time of the end'],
  ] as const)('ends the last packet, which reports discarded events, in a trace of the clock %s %s', (clock, _) => {
    const ring = makeRing();
    const consumer = scene.makeConsumer({ monotonicNs: () => ring.clock + 5 });
    const { setUp, openRing } = requests(root);
    const [openTrace, openChannel, declareEvents] = setUp;
    const trace = { ...openTrace, clock };
    for (const command of [trace, openChannel, declareEvents, openRing(1, ring)]) consumer.handle(command);
    ring.record(10);
    const last = BigInt(ring.clock);
    consumer.handle({ type: 'flush', session: 's' });
    ring.recordTooBig();
    consumer.handle({ type: 'close-ring', ring: 1 });
    const packet = readStream(stream(1)).packets.at(-1);
    expect(packet).toMatchObject({ eventsDiscarded: 1n, timestampBegin: last });
    expect(packet?.timestampEnd).toBe(clock === 'tsc' ? last + 1n : BigInt(ring.clock + 5));
  });

  it('describes events before it answers, and does not repeat itself', () => {
    const consumer = makeConsumer();
    const { setUp } = requests(root);
    for (const command of setUp) consumer.handle(command);
    const metadata = readFileSync(join(directory(), 'metadata'), 'utf8');
    expect(metadata).toMatch(/^\/\* CTF 1.8 \*\//);
    expect(metadata).toContain('name = "test:number";');
    expect(readFileSync(join(root, 'metadata'), 'utf8')).toBe(metadata);
    for (const command of setUp) expect(consumer.handle(command)).toBeNull();
    expect(readFileSync(join(directory(), 'metadata'), 'utf8')).toBe(metadata);
  });

  it('answers that metadata could not be written, and carries the request out when it is repeated', () => {
    const calls = failingCalls();
    const consumer = makeConsumer(calls);
    const { setUp } = requests(root);
    const [openTrace, openChannel, declareEvents] = setUp;
    consumer.handle(openTrace);
    consumer.handle(openChannel);
    calls.failAfter(20, 'ENOSPC');
    expect(codeOf(consumer, declareEvents)).toBe('NOT_WRITTEN');
    calls.recover();
    expect(consumer.handle(declareEvents)).toBeNull();
    expect(readFileSync(join(directory(), 'metadata'), 'utf8')).toContain('name = "test:number";');
  });

  it('refuses requests that contradict earlier ones', () => {
    const consumer = makeConsumer();
    const { setUp, openRing } = requests(root);
    const [openTrace, openChannel, declareEvents] = setUp;
    expect(codeOf(consumer, openChannel)).toBe('NO_TRACE');
    expect(codeOf(consumer, declareEvents)).toBe('NO_CHANNEL');
    expect(codeOf(consumer, { type: 'close-ring', ring: 1 })).toBe('NO_RING');
    for (const command of setUp) consumer.handle(command);
    expect(codeOf(consumer, { ...openTrace, clockOffsetNs: '1' })).toBe('CONFLICT');
    expect(codeOf(consumer, { ...openChannel, streamClassId: 5 })).toBe('CONFLICT');
    const other = { ...TEST_EVENT, name: 'test:other' };
    expect(codeOf(consumer, { ...declareEvents, events: [{ id: 0, spec: other }] })).toBe('CONFLICT');
    expect(codeOf(consumer, { ...declareEvents, events: [{ id: 1, spec: { name: 'x' } }] })).toBe('BAD_NAME');
    const ring = makeRing();
    expect(codeOf(consumer, openRing(1, { path: ring.path, bytes: 4096 }))).toBe('UNEXPECTED');
    expect(codeOf(consumer, openRing(1, makeRing({ streamClassId: 7 })))).toBe('UNEXPECTED');
    consumer.handle(openRing(1, ring));
    expect(codeOf(consumer, openRing(1, ring, { tid: 999 }))).toBe('CONFLICT');
  });

  it('refuses another trace in the same directory', () => {
    const [openTrace] = requests(root).setUp;
    makeConsumer().handle(openTrace);
    const uuid = openTrace.uuid.replace('0', 'f');
    expect(codeOf(makeConsumer(), { ...openTrace, uuid, ringDirectory: null })).toBe('DIRECTORY_REFUSED');
  });

  it('drains the rest of a closed ring and goes on counting it', () => {
    const consumer = makeConsumer();
    const [first, second] = [makeRing(), makeRing()];
    const { setUp, openRing } = requests(root);
    for (const command of [...setUp, openRing(1, first), openRing(2, second)]) consumer.handle(command);
    first.record(10);
    second.record(20);
    expect(consumer.handle({ type: 'close-ring', ring: 1 })).toMatchObject({ eventsRecorded: 10, dataStreams: 1 });
    expect(consumer.handle({ type: 'close-ring', ring: 1 })).toMatchObject({ eventsRecorded: 10, dataStreams: 1 });
    expect(consumer.handle(openRing(1, first))).toBeNull();
    expect(consumer.handle({ type: 'close-session', session: 's' })).toMatchObject({
      eventsRecorded: 30,
      dataStreams: 2,
    });
    expect(consumer.handle({ type: 'statistics', session: 's' })).toMatchObject({ eventsRecorded: 0, dataStreams: 0 });
    first.record(1);
    timers.advance(5000);
    expect(readStream(stream(1)).numbers).toEqual(upTo(10));
  });

  it('has the statistics of its predecessor, whose rings may be long closed', () => {
    const [first, second] = [makeRing(), makeRing()];
    const { setUp, openRing } = requests(root);
    const former = makeConsumer();
    for (const command of [...setUp, openRing(1, first), openRing(2, second)]) former.handle(command);
    first.record(1000);
    second.record(2000);
    former.handle({ type: 'close-ring', ring: 1 });
    timers.advance(20);
    const consumer = makeConsumer();
    for (const command of [...setUp, openRing(2, second)]) consumer.handle(command);
    second.record(100);
    const statistics = consumer.handle({ type: 'close-session', session: 's' }) as SessionStatistics;
    expect(statistics).toMatchObject({
      eventsRecorded: 1000 + second.recorded,
      eventsDiscarded: 2100 - second.recorded,
      dataStreams: 2,
      bytes: statSync(stream(1)).size + statSync(stream(2)).size,
    });
    expect(readStream(stream(2)).numbers).toEqual(upTo(second.recorded));
  });

  it('goes on with the other rings when one is damaged, and names its owner', () => {
    const consumer = makeConsumer();
    const [broken, sound] = [makeRing(), makeRing()];
    const { setUp, openRing } = requests(root);
    for (const command of [...setUp, openRing(1, broken), openRing(2, sound)]) consumer.handle(command);
    broken.record(1000);
    timers.advance(2);
    consumer.handle({ type: 'statistics', session: 's' });
    broken.record(500);
    truncateSync(broken.path, 100);
    sound.record(1000);
    timers.advance(10);
    const statistics = answerOf(consumer, { type: 'flush', session: 's' });
    expect(statistics).toMatchObject({ eventsRecorded: 818 + 1000, eventsLost: 182 });
    expect(statistics.troubles).toEqual([
      expect.stringMatching(/^a ring of thread 11 of process 10 \(test\) was given up: .* ends at byte/),
    ]);
    expect(logged.filter((line) => line.includes('given up'))).toHaveLength(1);
    expect(readStream(stream(1)).numbers).toEqual(upTo(818));
    expect(readStream(stream(2)).numbers).toEqual(upTo(1000));
    expect(consumer.handle({ type: 'close-ring', ring: 1 })).toMatchObject({ eventsLost: 182 });
  });

  it('counts events as lost that the unaware producer of a damaged ring still records', () => {
    const consumer = makeConsumer();
    const broken = makeRing();
    const { setUp, openRing } = requests(root);
    for (const command of [...setUp, openRing(1, broken)]) consumer.handle(command);
    broken.record(100);
    consumer.handle({ type: 'flush', session: 's' });
    const scribble = openSync(broken.path, 'r+');
    writeSync(scribble, Buffer.from([0, 255, 255, 255]), 0, 4, ProducerLine.OPEN_SEQ);
    closeSync(scribble);
    expect(consumer.handle({ type: 'flush', session: 's' })).toMatchObject({ eventsRecorded: 100, eventsLost: 0 });
    broken.record(50);
    expect(consumer.handle({ type: 'statistics', session: 's' })).toMatchObject({ eventsLost: 50 });
    broken.record(25);
    expect(consumer.handle({ type: 'close-session', session: 's' })).toMatchObject({ eventsLost: 75 });
  });

  it('names the owner of a ring that cannot be read at all', () => {
    const consumer = makeConsumer();
    const ring = makeRing();
    ring.scribble(0, 0);
    const { setUp, openRing } = requests(root);
    for (const command of setUp) consumer.handle(command);
    const path = ['a ring of thread 11 of process 10 (test)'];
    expect(() => consumer.handle(openRing(1, ring))).toThrowError(
      expect.objectContaining({ code: 'NOT_A_RING', path }),
    );
  });

  it('drains everything when it closes, and starts nothing afterwards', () => {
    const consumer = makeConsumer();
    const ring = makeRing();
    const { setUp, openRing } = requests(root);
    for (const command of [...setUp, openRing(1, ring)]) consumer.handle(command);
    ring.record(5);
    consumer.close();
    expect(readStream(stream(1)).numbers).toEqual(upTo(5));
    expect(timers.pending).toBe(0);
  });

  it('continues a stream file with a torn packet in it', () => {
    const ring = makeRing();
    const { setUp, openRing } = requests(root);
    const former = makeConsumer();
    for (const command of [...setUp, openRing(1, ring)]) former.handle(command);
    ring.record(5);
    former.close();
    appendFileSync(stream(1), readFileSync(stream(1)).subarray(0, 90));
    const consumer = makeConsumer();
    for (const command of [...setUp, openRing(1, ring)]) consumer.handle(command);
    ring.record(5);
    expect(consumer.handle({ type: 'close-session', session: 's' })).toMatchObject({ eventsRecorded: 10, packets: 2 });
    expect(readStream(stream(1)).numbers).toEqual(upTo(10));
  });
});
