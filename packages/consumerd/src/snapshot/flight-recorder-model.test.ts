/**
 * A model of a flight recorder between sources of two ABIs and snapshots in files: random histories of events,
 * snapshots with and without a limit, clears and statistics.
 *
 * RINGTAIL_HISTORIES says how many histories (default 6), RINGTAIL_SEED replays them.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Timers } from '@ringtail/base';
import { directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer, ConsumerOptions } from '../consumer.ts';
import { answerOf, ConsumerScene } from '../testing/consumer-scene.test.support.ts';
import { failingCalls } from '../testing/failing-calls.test.support.ts';
import { FakeBuffer, RECORDS_PER_SUB_BUF, SUB_BUF_COUNT } from '../testing/fake-buffer.test.support.ts';
import { fakePacketsIn } from '../testing/fake-packets.test.support.ts';
import { fakeSourceKinds } from '../testing/fake-sources.test.support.ts';
import { randomOf } from '../testing/random.test.support.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { requests } from '../testing/requests.test.support.ts';
import type { TestRing } from '../testing/test-ring.test.support.ts';

const histories = Number(process.env.RINGTAIL_HISTORIES ?? 6);
const seed = Number(process.env.RINGTAIL_SEED ?? 20_260_927);
const PLACE = 'ust/uid/0/64-bit';
/** Records that whole sub-buffers of a test ring hold beside the open one. */
const RING_HOLDS_MIN = 3 * 409;
/** Less than full sources hold. A third of it is more than the largest packet, which a snapshot has in any case. */
const BUDGET_BYTES = 13_500;

let scene: ConsumerScene;
let ring: TestRing;
let buffers: readonly FakeBuffer[];
beforeEach(() => {
  scene = new ConsumerScene();
  makeProducers();
});
afterEach(() => scene.close());

function makeProducers(): void {
  ring = scene.makeRing({ mode: RingMode.OVERWRITE });
  buffers = [new FakeBuffer({ overwrites: true }), new FakeBuffer({ overwrites: true })];
}

/** A consumer with a flight recorder of one ring of ours and two buffers of the other ABI. */
function startRecorder(options: Partial<ConsumerOptions> = {}, output: string | null = null): Consumer {
  const paths = buffers.map((_, idx) => `/fake/${idx}`);
  const sources = fakeSourceKinds(new Map(buffers.map((buffer, idx) => [`/fake/${idx}`, buffer])));
  const consumer = scene.makeConsumer({ sources, ...options });
  const { setUp, openRing } = requests(scene.root);
  const [openTrace, ...rest] = setUp;
  const to = output === null ? null : directoryAt(output);
  consumer.handle({ ...openTrace, output: to, snapshot: true, ringDirectory: null });
  const opened = [ring, ...paths.map((path) => ({ path, bytes: 1 }))].map((each, idx) => openRing(idx + 1, each));
  for (const command of [...rest, ...opened]) consumer.handle(command);
  return consumer;
}

const pathOf = (name: string) => join(scene.root, 'snapshots', name);
const take = (consumer: Consumer, name: string, maxBytes: number | null = null): Promise<SessionStatistics> =>
  consumer.snapshot({ type: 'snapshot', session: 's', destination: directoryAt(pathOf(name)), maxBytes });

/** Numbers of the records of each producer in a snapshot. */
function numbersIn(directory: string): readonly (readonly number[])[] {
  const file = (id: number) => join(directory, PLACE, `channel0_${id}`);
  const ofRing = existsSync(file(1)) ? readStream(file(1)).numbers : [];
  return [ofRing, ...buffers.map((_, idx) => fakePacketsIn(file(idx + 2)).flatMap(({ numbers }) => numbers))];
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('a flight recorder of sources of two ABIs', () => {
  it(`gives the newest events of each, as often as asked (${histories} histories, seed ${seed})`, async () => {
    const random = randomOf(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    for (let history = 0; history < histories; history++) {
      makeProducers();
      const consumer = startRecorder();
      const producers = [ring, ...buffers];
      let cleared = producers.map(() => 0);
      for (let step = 0; step < 15; step++) {
        producers[below(3)]?.record(below(200));
        const name = `${history}-${step}`;
        switch (below(5)) {
          case 0:
            consumer.handle({ type: 'clear', session: 's' });
            cleared = producers.map(({ recorded }) => recorded);
            break;
          case 1: {
            const committed = producers.reduce((sum, { recorded }, idx) => sum + recorded - (cleared[idx] ?? 0), 0);
            const { eventsRecorded } = answerOf(consumer, { type: 'statistics', session: 's' });
            expect(eventsRecorded, name).toBe(committed);
            break;
          }
          case 2: {
            const { bytes, troubles } = await take(consumer, name, BUDGET_BYTES);
            expect(bytes, name).toBeLessThanOrEqual(BUDGET_BYTES);
            expect(troubles).toEqual([]);
            break;
          }
          default: {
            const first = await take(consumer, name);
            const numbers = numbersIn(pathOf(name));
            for (const [idx, found] of numbers.entries()) {
              const { recorded } = producers[idx] as { readonly recorded: number };
              const from = cleared[idx] ?? 0;
              expect(found, name).toEqual(upTo(recorded).slice(recorded - found.length));
              expect(found.length, name).toBeLessThanOrEqual(recorded - from);
              if (idx === 0)
                expect(found.length, name).toBeGreaterThanOrEqual(Math.min(recorded - from, RING_HOLDS_MIN));
              else expect(found.length > 0, name).toBe(recorded > from);
            }
            expect(first.eventsRecorded, name).toBe(numbers.flat().length);
            expect(await take(consumer, `${name}-again`), name).toEqual(first);
            expect(numbersIn(pathOf(`${name}-again`)), name).toEqual(numbers);
          }
        }
        expect(buffers.map(({ lent }) => lent)).toEqual([undefined, undefined]);
      }
      consumer.handle({ type: 'close-session', session: 's' });
    }
  });

  it('counts the sub-buffers that are overwritten while it copies', async () => {
    let nowMs = 0;
    const turns: (() => void)[] = [];
    const slow: Timers = {
      nowMs: () => nowMs++,
      after: (_, run) => {
        turns.push(run);
        return { cancel: () => {} };
      },
    };
    buffers = [buffers[0] as FakeBuffer];
    const [buffer] = buffers as [FakeBuffer];
    const consumer = startRecorder({ timers: slow });
    ring.record(4 * 409);
    buffer.record(SUB_BUF_COUNT * RECORDS_PER_SUB_BUF);
    const result = take(consumer, 'a');
    const goOnUntil = (isThere: () => boolean) => {
      for (let turn = 0; !isThere() && turn < 100; turn++) turns.pop()?.();
    };
    goOnUntil(() => buffer.lent !== undefined);
    buffer.record(SUB_BUF_COUNT * RECORDS_PER_SUB_BUF);
    goOnUntil(() => false);
    const { packets, packetsLost } = await result;
    expect(packetsLost).toBeGreaterThan(0);
    expect(packets + packetsLost).toBe(4 + SUB_BUF_COUNT);
  });

  it('gives the others where one is damaged, and names its owner', async () => {
    const consumer = startRecorder();
    const [broken, sound] = buffers as [FakeBuffer, FakeBuffer];
    for (const producer of [ring, broken, sound]) producer.record(50);
    broken.isDamaged = true;
    const { eventsRecorded, troubles } = await take(consumer, 'a');
    expect(eventsRecorded).toBe(100);
    expect(troubles).toEqual([
      'a ring of thread 11 of process 10 (test) is not in the snapshot, or not whole: the positions of the buffer make no sense',
    ]);
    expect(numbersIn(pathOf('a'))).toEqual([upTo(50), [], upTo(50)]);
  });

  it('returns what it borrowed when the disk is full', async () => {
    const calls = failingCalls();
    const consumer = startRecorder({ calls });
    const [buffer] = buffers as [FakeBuffer];
    buffer.record(60);
    calls.failAfter(300, 'ENOSPC');
    expect(await take(consumer, 'a').catch((error) => error)).toMatchObject({ code: 'NOT_WRITTEN' });
    expect(buffer.lent).toBeUndefined();
    calls.recover();
    expect(await take(consumer, 'a')).toMatchObject({ eventsRecorded: 60 });
  });

  it('is saved when the session daemon has gone', () => {
    const output = join(scene.root, 'out');
    const consumer = startRecorder({}, output);
    for (const producer of [ring, ...buffers]) producer.record(30);
    consumer.recoverSnapshots(new Date(2026, 10, 20, 9, 8, 7));
    expect(readdirSync(output)).toEqual(['s-recovered-20261120-090807']);
    expect(numbersIn(join(output, 's-recovered-20261120-090807'))).toEqual([upTo(30), upTo(30), upTo(30)]);
  });
});
