/**
 * A model of consumer daemons that die. Random histories of producers, commands and deaths are checked packet by packet
 * and by Babeltrace 2.
 *
 * RINGTAIL_HISTORIES is the number of histories (default 40). RINGTAIL_SEED replays them.
 */
import { closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Consumer, type OrderedCommand } from '../../packages/consumerd/src/consumer.ts';
import { systemCalls } from '../../packages/consumerd/src/output/files/file-calls.ts';
import { answerOf } from '../../packages/consumerd/src/testing/consumer-scene.test.support.ts';
import { bury, life } from '../../packages/consumerd/src/testing/mortal-fs.test.support.ts';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import { requirePeer } from '../peers.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { readByBabeltrace, readChunks } from './read-chunks.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { mortalFs } = await import('../../packages/consumerd/src/testing/mortal-fs.test.support.ts');
  return mortalFs(await importOriginal<typeof import('node:fs')>());
});

vi.mock('@ringtail/ringbuf', async (importOriginal) => {
  const { mortalRing } = await import('../../packages/consumerd/src/testing/mortal-fs.test.support.ts');
  const real = await importOriginal<typeof import('@ringtail/ringbuf')>();
  return {
    ...real,
    openRingFile: (...args: Parameters<typeof real.openRingFile>) => mortalRing(real.openRingFile(...args)),
  };
});

const babeltrace2 = requirePeer('babeltrace2', 'that a trace is in order however often its consumer was killed');
const histories = Number(process.env.RINGTAIL_HISTORIES ?? 40);
const seed = runSeed('consumer-deaths');

/** A consumer daemon and its successors, with producers and requests. */
class History {
  readonly root = mkdtempSync(join(tmpdir(), 'ringtail-deaths-'));
  readonly rings: readonly TestRing[];
  /** Archives, oldest first. */
  readonly archives: string[] = [];
  deaths = 0;
  clears = 0;
  readonly #random: SeededRandom;
  readonly #traceFileBytes: number;
  #timers = new FakeTimers();
  #consumer: Consumer | undefined;
  #producersRun = true;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#traceFileBytes = random.pick([0, 0, 9000]);
    const subBufCount = random.pick([2, 4]);
    this.rings = [1, 2].map((id) => {
      return new TestRing({ directory: this.root, name: `channel0_10-11-${id}.ring`, subBufCount });
    });
  }

  /** One command or a passage of time, repeated by successors until one of them survives it. */
  step(): void {
    const random = this.#random;
    this.#produce();
    const kind = random.between(0, 9);
    if (kind < 3) this.#untilAnswered(() => this.#timers.advance(random.pick([10, 1000])));
    else if (kind < 5) this.#request({ type: 'flush', session: 's' });
    else if (kind < 6) this.#request({ type: 'statistics', session: 's' });
    else if (kind < 9) this.#rotate();
    else if (random.oneIn(3)) this.#clear();
  }

  /** Closes the session after its producers have ended. */
  end(): SessionStatistics {
    this.#produce();
    this.#producersRun = false;
    return this.#request({ type: 'close-session', session: 's' }) as SessionStatistics;
  }

  remove(): void {
    bury(closeSync);
    for (const ring of this.rings) ring.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Clock of the consumer daemon: the producers' clock, as on a real machine. */
  nowCycles(): number {
    return Math.max(...this.rings.map(({ clock }) => clock)) + 1;
  }

  #rotate(): void {
    // A reader that walks directories by name reads the chunks in any order.
    const archive = join(this.root, 'out/archives', `${this.#random.between(100, 999)}-${this.archives.length}`);
    this.archives.push(archive);
    this.#request({ type: 'rotate', session: 's', archive: directoryAt(archive) });
  }

  #clear(): void {
    this.clears += 1;
    this.#request({ type: 'clear', session: 's' });
  }

  #request(command: OrderedCommand): SessionStatistics | undefined {
    let answer: SessionStatistics | undefined;
    this.#untilAnswered((consumer) => {
      answer = answerOf(consumer, command);
    });
    return answer;
  }

  #untilAnswered(act: (consumer: Consumer) => void): void {
    for (;;) {
      if (this.#random.oneIn(2)) life.changesLeft = this.#random.between(0, 80);
      life.beforeChange = () => {
        if (this.#random.oneIn(4)) this.#produce();
      };
      try {
        this.#consumer ??= this.#start();
        act(this.#consumer);
        life.changesLeft = Number.POSITIVE_INFINITY;
        life.beforeChange = () => {};
        return;
      } catch (error) {
        if (!/killed$/.test((error as Error).message)) throw error;
        this.deaths += 1;
        bury(closeSync);
        this.#consumer = undefined;
        this.#produce();
      }
    }
  }

  #start(): Consumer {
    life.descriptors.clear();
    this.#timers = new FakeTimers();
    const consumer = new Consumer({ calls: systemCalls, timers: this.#timers, log: () => {} });
    const { setUp, openRing } = requests(this.root);
    const [openTrace, openChannel, declareEvents] = setUp;
    const attributes = { ...openChannel.attributes, traceFileBytes: this.#traceFileBytes };
    const opened = this.rings.map((ring, idx) => openRing(idx + 1, ring, { tid: idx + 1 }));
    for (const command of [openTrace, { ...openChannel, attributes }, declareEvents, ...opened]) {
      consumer.handle(command);
    }
    return consumer;
  }

  /** A few events, or more than the ring can hold, so that packets report losses. */
  #produce(): void {
    if (!this.#producersRun) return;
    const random = this.#random;
    const ring = random.pick(this.rings);
    const kind = random.between(0, 9);
    if (kind < 4) ring.record(1);
    else if (kind < 8) ring.record(random.between(1, 300));
    else if (kind < 9) ring.record(random.between(800, 2500));
    else ring.recordTooBig();
  }
}

let history: History | undefined;

beforeEach(() => {
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt(history?.nowCycles() ?? 0));
});

afterEach(() => {
  vi.restoreAllMocks();
  history?.remove();
  history = undefined;
});

describe('consumer daemons that die at any point', () => {
  it(`leave every packet once and in order (${histories} histories, seed ${seed})`, () => {
    let deaths = 0;
    for (let round = 0; round < histories; round++) {
      const random = new SeededRandom(seed + round);
      history = new History(random);
      const steps = random.between(2, 12);
      for (let step = 0; step < steps; step++) history.step();
      const statistics = history.end();
      const { root, rings, archives, clears } = history;
      const where = `history ${round}: replay with RINGTAIL_HISTORIES=1 RINGTAIL_SEED=${seed + round}`;
      const found = readChunks([...archives, join(root, 'out')], rings.length);
      expect(found.problems, where).toEqual([]);
      if (clears === 0) {
        for (const [idx, ring] of rings.entries()) {
          expect(found.numbers[idx], where).toEqual(Array.from({ length: ring.recorded }, (_, n) => n));
        }
        const recorded = rings.reduce((sum, ring) => sum + ring.recorded, 0);
        const discarded = rings.reduce((sum, ring) => sum + ring.attempted - ring.recorded, 0);
        expect(statistics, where).toMatchObject({
          eventsRecorded: recorded,
          eventsDiscarded: discarded,
          eventsLost: 0,
          packetsLost: 0,
          troubles: [],
        });
        expect(found.eventsDiscarded, where).toBe(discarded);
      }
      if (babeltrace2 !== undefined && readdirSync(join(root, 'out')).includes('ust')) {
        const judged = readByBabeltrace(babeltrace2, join(root, 'out'), rings.length);
        expect(judged.problems, where).toEqual([]);
        expect(judged.numbers, where).toEqual(found.numbers);
        if (clears === 0) expect(judged.eventsDiscarded ?? found.eventsDiscarded, where).toBe(found.eventsDiscarded);
      }
      deaths += history.deaths;
      history.remove();
      history = undefined;
    }
    process.stderr.write(`consumer-deaths: ${histories} histories, ${deaths} deaths\n`);
    expect(deaths).toBeGreaterThan(histories / 2);
  }, 600_000);
});
