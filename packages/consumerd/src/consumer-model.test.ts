/**
 * A model of the consumer between sources of two ABIs and an output that answers later, loses its connection and gets
 * it back: random histories of events, commands, lost connections and deaths of the consumer.
 *
 * RINGTAIL_HISTORIES says how many histories (default 60), RINGTAIL_SEED replays them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { directoryAt } from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Consumer, type OrderedCommand } from './consumer.ts';
import { systemCalls } from './output/files/file-calls.ts';
import type { Later } from './output/sync-or-async.ts';
import { FakeBuffer } from './testing/fake-buffer.test.support.ts';
import { FakeConnection, FakePeer } from './testing/fake-output.test.support.ts';
import { fakePacketsIn, numbersIn } from './testing/fake-packets.test.support.ts';
import { fakeSourceKinds } from './testing/fake-sources.test.support.ts';
import { randomOf } from './testing/random.test.support.ts';
import { requests } from './testing/requests.test.support.ts';
import { TestRing } from './testing/test-ring.test.support.ts';

const histories = Number(process.env.RINGTAIL_HISTORIES ?? 60);
/** Histories with files take longer. */
const fileHistories = Math.ceil(histories / 4);
/** The same in each run of the suite: these histories once found a clear whose consumer died before any packet. */
const seed = Number(process.env.RINGTAIL_SEED ?? 1_512_959_088);
const PLACE = 'ust/uid/0/64-bit';

type Step =
  | { readonly kind: 'record'; readonly stream: number; readonly count: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'drop' | 'restore' | 'die' | 'flush' | 'statistics' | 'rotate' | 'clear' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('record' as const), stream: fc.nat(2), count: fc.nat(120) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1200) }) },
    {
      weight: 6,
      arbitrary: fc.constantFrom('drop', 'restore', 'die', 'flush', 'statistics', 'rotate').map((kind) => ({ kind })),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
  ),
  { minLength: 5, maxLength: 60 },
) as fc.Arbitrary<Step[]>;

/** A consumer, its successors, and everything that outlives them. */
class History {
  readonly peer = new FakePeer();
  readonly ring: TestRing;
  readonly buffers = [new FakeBuffer(), new FakeBuffer()];
  readonly problems: string[] = [];
  /** Records of each stream that were committed when the last clear was answered. */
  clearedBefore: number[] | undefined;
  deaths = 0;
  later = 0;
  rotations = 0;
  #producersRun = true;
  readonly #root = mkdtempSync(join(tmpdir(), 'ringtail-model-'));
  readonly #random: () => number;
  #timers = new FakeTimers();
  #connection!: FakeConnection;
  #consumer: Consumer | undefined;

  constructor(random: () => number) {
    this.#random = random;
    this.ring = new TestRing({ directory: this.#root, subBufCount: 2 });
  }

  /** The producers: one of a ring of ours, two of the other ABI. */
  get producers(): readonly (TestRing | FakeBuffer)[] {
    return [this.ring, ...this.buffers];
  }

  get discarded(): number {
    const { ring, buffers } = this;
    return buffers.reduce((sum, buffer) => sum + buffer.discarded, ring.attempted - ring.recorded);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'record':
        this.producers[step.stream]?.record(step.count);
        return;
      case 'wait':
        await this.#wait(step.ms);
        return;
      case 'drop':
        this.#connection?.drop();
        return;
      case 'restore':
        this.#connection?.restore();
        return;
      case 'die':
        this.#die();
        return;
      case 'rotate':
        this.rotations += 1;
        await this.command({ type: 'rotate', session: 's', archive: directoryAt(`/archives/${this.rotations}`) });
        return;
      case 'clear':
        await this.command({ type: 'clear', session: 's' });
        this.clearedBefore = this.producers.map(({ recorded }) => recorded);
        return;
      default:
        await this.command({ type: step.kind, session: 's' });
    }
  }

  /** Carries a command out, repeated by successors until one of them lives to answer. */
  async command(command: OrderedCommand) {
    for (;;) {
      const mayDie = this.#random() < 0.3;
      try {
        this.#consumer ??= await this.#start(mayDie);
        return await this.#settle(this.#consumer.handle(command), mayDie);
      } catch (error) {
        if (error !== DEAD) throw error;
      }
    }
  }

  /** Closes the session, whose producers have ended. */
  async end(): Promise<unknown> {
    this.#producersRun = false;
    return await this.command({ type: 'close-session', session: 's' });
  }

  remove(): void {
    this.#die();
    this.ring.close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Waits for an answer while time passes, the connection comes back, and the consumer perhaps dies. */
  async #settle<T>(answer: Later<T>, mayDie: boolean): Promise<T> {
    let settled: { readonly value: T } | { readonly error: unknown } | undefined;
    Promise.resolve(answer).then(
      (value) => {
        settled = { value };
      },
      (error: unknown) => {
        settled = { error };
      },
    );
    for (let turn = 0; ; turn++) {
      await microtasks();
      if (settled !== undefined) break;
      if (mayDie && this.#random() < 0.05) {
        this.#die();
        throw DEAD;
      }
      if (this.#random() < 0.1) this.#connection.drop();
      if (this.#random() < 0.3 || turn > 50) this.#connection.restore();
      if (this.#producersRun && this.#random() < 0.1) this.producers[Math.floor(this.#random() * 3)]?.record(7);
      this.#timers.advance(5);
    }
    const found = settled as { readonly value: T } | { readonly error: unknown };
    if ('error' in found) throw found.error;
    return found.value;
  }

  async #wait(ms: number): Promise<void> {
    for (let waited = 0; waited < ms; waited += 10) {
      this.#timers.advance(10);
      await microtasks();
    }
  }

  async #start(mayDie: boolean): Promise<Consumer> {
    this.#timers = new FakeTimers();
    this.#connection = new FakeConnection({ peer: this.peer, timers: this.#timers, random: this.#random });
    const consumer = new Consumer({
      calls: systemCalls,
      timers: this.#timers,
      log: (sentence) => void this.problems.push(sentence),
      outputs: this.#connection,
      sources: fakeSourceKinds(new Map(this.buffers.map((buffer, idx) => [`/fake/${idx}`, buffer]))),
    });
    const { setUp, openRing } = requests(this.#root);
    const [openTrace, ...rest] = setUp;
    const rings = [this.ring, ...this.buffers.map((_, idx) => ({ path: `/fake/${idx}`, bytes: 1 }))];
    const opened = rings.map((ring, idx) => openRing(idx + 1, ring));
    for (const command of [{ ...openTrace, ringDirectory: null }, ...rest, ...opened]) {
      await this.#settle(consumer.handle(command), mayDie);
    }
    return consumer;
  }

  /** The consumer is gone without a word: its timers never run again, and nobody answers it. */
  #die(): void {
    if (this.#connection === undefined) return;
    this.later += this.#connection.later;
    this.#connection.die();
    this.#timers = new FakeTimers();
    this.deaths += 1;
    this.#consumer = undefined;
  }
}

const DEAD = new Error('the consumer died');

function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a consumer between sources of two ABIs and an output that answers later', () => {
  it(`loses, repeats and reorders nothing (${histories} histories, seed ${seed})`, async () => {
    const total = { deaths: 0, later: 0 };
    const property = fc.asyncProperty(steps, fc.integer(), async (taken, randomSeed) => {
      const history = new History(randomOf(randomSeed));
      try {
        for (const step of taken) await history.take(step);
        check(history, await history.end());
      } finally {
        history.remove();
        total.deaths += history.deaths;
        total.later += history.later;
      }
    });
    await fc.assert(property, { seed, numRuns: histories });
    process.stderr.write(
      `consumer-model: ${histories} histories, ${total.later} answers later, ${total.deaths} deaths\n`,
    );
    expect(total.later).toBeGreaterThan(histories);
  }, 300_000);
});

describe('a consumer between a source of another ABI and trace files', () => {
  it(`continues the files of consumers that died (${fileHistories} histories, seed ${seed})`, () => {
    const random = randomOf(seed);
    for (let round = 0; round < fileHistories; round++) {
      const root = mkdtempSync(join(tmpdir(), 'ringtail-model-'));
      const buffer = new FakeBuffer();
      const chunks = [join(root, 'out')];
      try {
        let consumer = fileConsumer(root, buffer);
        for (let step = 0; step < 12; step++) {
          buffer.record(Math.floor(random() * 60));
          const kind = Math.floor(random() * 4);
          if (kind === 0) consumer = fileConsumer(root, buffer);
          else if (kind === 1) {
            const archive = join(root, 'out/archives', `${step}`);
            chunks.splice(-1, 0, archive);
            consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(archive) });
          } else consumer.handle({ type: 'flush', session: 's' });
        }
        const expected = { eventsRecorded: buffer.recorded, eventsDiscarded: buffer.discarded, eventsLost: 0 };
        expect(consumer.handle({ type: 'close-session', session: 's' })).toMatchObject(expected);
        const packets = chunks.flatMap((chunk) => fakePacketsIn(join(chunk, PLACE, 'channel0_1')));
        expect(packets.map(({ packetSeq }) => packetSeq)).toEqual(packets.map((_, seq) => seq));
        const numbers = packets.flatMap((packet) => packet.numbers);
        expect(numbers).toEqual(Array.from({ length: buffer.recorded }, (_, number) => number));
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }
  });
});

/** A consumer of a buffer of another ABI that writes trace files. The former consumer is gone without a word. */
function fileConsumer(root: string, buffer: FakeBuffer): Consumer {
  const consumer = new Consumer({
    calls: systemCalls,
    timers: new FakeTimers(),
    log: () => {},
    sources: fakeSourceKinds(new Map([['/fake', buffer]])),
  });
  const { setUp, openRing } = requests(root);
  const [openTrace, ...rest] = setUp;
  const ring = openRing(1, { path: '/fake', bytes: 1 });
  for (const command of [{ ...openTrace, ringDirectory: null }, ...rest, ring]) consumer.handle(command);
  return consumer;
}

function check(history: History, statistics: unknown): void {
  const { peer, producers, clearedBefore } = history;
  const paths = producers.map((_, idx) => `${PLACE}/channel0_${idx + 1}`);
  for (const [idx, path] of paths.entries()) {
    const packets = peer.packetsOf(path);
    const recorded = producers[idx]?.recorded ?? 0;
    expect(
      packets.map(({ packetSeq }) => packetSeq),
      path,
    ).toEqual(packets.map((_, seq) => seq));
    for (const [seq, packet] of packets.entries()) {
      const before = packets[seq - 1];
      if (before === undefined) continue;
      expect(packet.beginTimestamp, path).toBeGreaterThanOrEqual(before.endTimestamp);
      expect(packet.eventsDiscarded, path).toBeGreaterThanOrEqual(before.eventsDiscarded);
    }
    const numbers = packets.flatMap(({ records }) => numbersIn(records));
    if (clearedBefore === undefined) {
      expect(numbers, path).toEqual(Array.from({ length: recorded }, (_, number) => number));
    } else {
      expect(numbers, path).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      const from = clearedBefore[idx] ?? 0;
      const afterClear = Array.from({ length: recorded - from }, (_, number) => from + number);
      expect(
        numbers.filter((number) => number >= from),
        path,
      ).toEqual(afterClear);
    }
  }
  expect(history.problems).toEqual([]);
  if (clearedBefore !== undefined) return;
  expect(statistics).toMatchObject({
    eventsRecorded: producers.reduce((sum, { recorded }) => sum + recorded, 0),
    eventsDiscarded: history.discarded,
    eventsLost: 0,
    packetsLost: 0,
    packets: paths.reduce((sum, path) => sum + peer.packetsOf(path).length, 0),
    troubles: [],
  });
}
