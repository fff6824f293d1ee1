import { setImmediate as nextTurn } from 'node:timers/promises';
import { DEFAULT_CHANNEL, DEFAULT_SESSION, type DesiredStateChange, decodePieces } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { RecordedThread, Session } from '../../model/session.ts';
import { SessionRegistry } from '../../model/session-registry.ts';
import { FairTurns } from '../../shares/fair-turns.ts';
import { QUIET_LOG } from '../../testing/quiet-log.test.support.ts';
import { testPool, testShares } from '../../testing/shares.test.support.ts';
import { processOf, threadOf } from '../../testing/threads.test.support.ts';
import { TriggerFeed } from '../../triggers/trigger-feed.ts';
import type { ControlFile } from './control-file.ts';
import { StatePublisher, type Subscriber } from './state-publisher.ts';

interface Published extends Subscriber {
  /** Pieces in the order in which they were written. */
  readonly pieces: Buffer[];
  /** How many of them began a text. */
  begun: number;
  looks: number;
  readonly changes: () => DesiredStateChange[];
}

function newWorld({
  feed = new TriggerFeed(),
  turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid }),
  controlBytes = testPool(1e9),
} = {}) {
  const registry = new SessionRegistry(() => 'uuid', testShares());
  const owner = { uid: 0, gid: 0 };
  const parameters = { ...DEFAULT_SESSION, name: 's', output: '/o', format: 'ctf-1.8', owner } as const;
  const session: Session = registry.create(parameters, new Date(0), { frequencyHz: 1n, offsetNs: 0n });
  registry.enableChannel(session, DEFAULT_CHANNEL);
  return {
    registry,
    session,
    publisher: new StatePublisher({
      registry,
      turns,
      controlBytes,
      wakePathOf: () => '/wake',
      feedFor: () => feed,
      filterCountersFor: () => null,
      log: QUIET_LOG,
    }),
  };
}

/** A thread whose control file takes everything, or fails from the second piece on. */
function subscriber(thread: RecordedThread, { fails = false, onPiece = () => {} } = {}): Published {
  const pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): boolean => {
    if (fails && pieces.length > 0) throw new Error('gone');
    pieces.push(piece);
    onPiece();
    length += piece.length;
    return true;
  };
  const controlFile = {
    get length() {
      return length;
    },
    begin(piece: Buffer) {
      length = 0;
      published.begun++;
      return take(piece);
    },
    append: take,
  };
  const published: Published = {
    thread,
    slot: 0,
    pieces,
    begun: 0,
    looks: 0,
    changes: () => pieces.flatMap((piece) => decodePieces(piece) as DesiredStateChange[]),
    controlFile: controlFile as unknown as ControlFile,
    disconnect: () => {},
    look: () => {
      published.looks++;
    },
  };
  return published;
}

describe('StatePublisher', () => {
  it('has one piece for all threads that are to record the same', async () => {
    const { registry, session, publisher } = newWorld();
    const threads = [threadOf(7, processOf(1)), threadOf(7, processOf(2)), threadOf(8)];
    const all = threads.map((thread) => subscriber(thread));
    for (const one of all) publisher.add(one);
    const [ofSeven, sameOfSeven] = all.map(({ pieces }) => pieces[0]);
    expect(sameOfSeven).toBe(ofSeven);
    registry.start(session);
    for (const thread of threads) registry.traces.ensure(session, thread);
    await publisher.publishSoon();
    const [first, second, other] = all.map(({ pieces }) => pieces[1]);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    const late = subscriber(threads[0]!);
    publisher.add(late);
    const later = subscriber(threads[1]!);
    publisher.add(later);
    expect(late.changes()[0]?.channels).toEqual(all[0]?.changes()[1]?.channels);
    expect(later.pieces[0]).toBe(late.pieces[0]);
  });

  it('forgets a text with the last thread that has it', async () => {
    const { publisher } = newWorld();
    const [first, second, third, fourth] = [1, 2, 3, 4].map((pid) => subscriber(threadOf(7, processOf(pid))));
    publisher.add(first!);
    publisher.add(second!);
    publisher.remove(first!);
    publisher.add(third!);
    expect(third!.pieces[0]).toBe(first!.pieces[0]);
    for (const one of [second!, third!]) publisher.remove(one);
    publisher.add(fourth!);
    expect(fourth!.pieces[0]).not.toBe(first!.pieces[0]);
  });

  it('has those look that are to record their state, once', async () => {
    const { registry, session, publisher } = newWorld();
    const [recorded, left] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    registry.track(session, 'vpid', [1]);
    registry.start(session);
    registry.traces.ensure(session, recorded);
    const [one, two] = [subscriber(recorded), subscriber(left)];
    for (const subscribed of [one, two]) publisher.add(subscribed);
    const looks = async () => {
      await publisher.publishSoon();
      return [one.looks, two.looks];
    };
    expect(await looks()).toEqual([0, 0]);
    registry.requestStatedump(session);
    expect(await looks()).toEqual([1, 0]);
    registry.enableEvent(session, null, { pattern: 'a:*' });
    expect(await looks()).toEqual([1, 0]);
    registry.track(session, 'vpid', [2]);
    expect(await looks()).toEqual([1, 1]);
    registry.stop(session);
    expect(await looks()).toEqual([1, 1]);
  });

  it('has those look that are to give memory back', async () => {
    const { registry, session, publisher } = newWorld();
    const thread = threadOf(7);
    registry.start(session);
    registry.traces.ensure(session, thread);
    const one = subscriber(thread);
    publisher.add(one);
    registry.requestReclaim(session, ['another'], 0);
    await publisher.publishSoon();
    expect(one.looks).toBe(0);
    registry.requestReclaim(session, null, 0);
    await publisher.publishSoon();
    expect(one.looks).toBe(1);
    expect(one.changes().at(-1)?.channels?.[0]?.reclaim).toBe(1);
  });

  it('goes through thousands of threads in slices: others have their turns meanwhile', async () => {
    // A millisecond for each write.
    let written = 0;
    const turns = new FairTurns({ nowMs: () => written, userBehind: (uid) => uid });
    const { registry, session, publisher } = newWorld({ turns });
    const threads = Array.from({ length: 1000 }, (_, pid) => threadOf(7, processOf(pid)));
    const onPiece = () => {
      written++;
    };
    for (const thread of threads) publisher.add(subscriber(thread, { onPiece }));
    registry.start(session);
    for (const thread of threads) registry.traces.ensure(session, thread);
    let writtenBefore: number | undefined;
    const published = publisher.publishSoon();
    await nextTurn();
    turns.request(8, () => {
      writtenBefore = written;
    });
    await published;
    expect(written).toBe(2000);
    expect(writtenBefore).toBeLessThan(1020);
  });

  it('leaves out a thread that has gone during a pass, and publishes a change during it afterwards', async () => {
    const turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid });
    const { registry, session, publisher } = newWorld({ turns });
    const [first, gone] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    const goes = subscriber(gone);
    let passes = 0;
    const one = subscriber(first, {
      onPiece: () => {
        if (++passes !== 2) return;
        publisher.remove(goes);
        registry.enableEvent(session, null, { pattern: 'late:*' });
        void publisher.publishSoon();
      },
    });
    for (const subscribed of [one, goes]) publisher.add(subscribed);
    registry.start(session);
    for (const thread of [first, gone]) registry.traces.ensure(session, thread);
    await publisher.publishSoon();
    await publisher.published();
    expect(goes.pieces).toHaveLength(1);
    expect(one.changes().map(({ channels }) => channels?.[0]?.rules.length)).toEqual([undefined, 0, 1]);
  });

  it('disconnects threads of a user whose share has no room for what they are told, and gives it back', async () => {
    const controlBytes = testPool(20_000);
    const { registry, session, publisher } = newWorld({ controlBytes });
    const threads = Array.from({ length: 20 }, (_, pid) => threadOf(7, processOf(pid)));
    const disconnected: string[] = [];
    const all = threads.map((thread) => ({
      ...subscriber(thread),
      disconnect: (why: string) => void disconnected.push(why),
    }));
    for (const one of all) publisher.add(one);
    registry.start(session);
    for (const thread of threads) registry.traces.ensure(session, thread);
    registry.enableEvent(session, null, { pattern: `a:${'x'.repeat(200)}` });
    await publisher.publishSoon();
    expect(disconnected.length).toBeGreaterThan(0);
    expect(disconnected.length).toBeLessThan(20);
    expect(disconnected[0]).toMatch(/^it cannot be told what to record: the share of user 7 is used up: /);
    expect(controlBytes.used).toBeLessThanOrEqual(10_000);
    expect(() => {
      for (let count = 0; count < 20; count++) publisher.add(subscriber(threads[0]!));
    }).toThrow('the share of user 7 is used up');
    expect(() => publisher.add(subscriber(threadOf(8)))).not.toThrow();
    for (const one of all) publisher.remove(one);
    registry.stop(session);
    await publisher.publishSoon();
    expect(controlBytes.used).toBeLessThan(100);
  });

  it('publishes several changes in a row once, and tells when it has', async () => {
    const { registry, session, publisher } = newWorld();
    const thread = threadOf(7);
    registry.start(session);
    registry.traces.ensure(session, thread);
    const one = subscriber(thread);
    publisher.add(one);
    registry.enableEvent(session, null, { pattern: 'a:*' });
    const first = publisher.publishSoon();
    registry.enableEvent(session, null, { pattern: 'b:*' });
    await Promise.all([first, publisher.publishSoon()]);
    expect(one.pieces).toHaveLength(2);
    expect(one.changes()[1]?.channels?.[0]?.rules).toHaveLength(2);
  });

  it('leaves out a thread whose file cannot be written, and that one only', async () => {
    const { registry, session, publisher } = newWorld();
    const [broken, sound] = [subscriber(threadOf(7), { fails: true }), subscriber(threadOf(7))];
    for (const subscribed of [broken, sound]) publisher.add(subscribed);
    registry.start(session);
    registry.traces.ensure(session, threadOf(7));
    await publisher.publishSoon();
    registry.stop(session);
    await publisher.publishSoon();
    expect([broken.pieces.length, sound.pieces.length]).toEqual([1, 3]);
  });

  describe('where triggers come and go', () => {
    const trigger = (key: number) => ({ key, rule: { pattern: `p:e${key}` }, captures: [], counter: null });
    function withTriggers() {
      const feed = new TriggerFeed();
      const world = newWorld({ feed });
      const one = subscriber(threadOf(7));
      const publish = async () => {
        await world.publisher.publishTriggersSoon();
        return one.pieces.length;
      };
      return { ...world, feed, one, publish };
    }

    it('writes those that do and nothing else, and nothing where none does', async () => {
      const { publisher, feed, one, publish } = withTriggers();
      feed.put(1, [trigger(1)]);
      publisher.add(one);
      feed.put(2, [trigger(2)]);
      feed.put(3, [trigger(3)]);
      expect(await publish()).toBe(2);
      feed.put(1, []);
      expect(await publish()).toBe(3);
      expect(await publish()).toBe(3);
      expect(one.changes()).toEqual([
        { channels: [], added: [trigger(1)] },
        { removed: [], added: [trigger(2), trigger(3)] },
        { removed: [1], added: [] },
      ]);
    });

    it('does not write more for each the more there are', async () => {
      const { publisher, feed, one, publish } = withTriggers();
      publisher.add(one);
      for (let key = 1; key <= 2000; key++) {
        feed.put(key, [trigger(key)]);
        await publish();
      }
      expect(one.begun).toBe(1);
      expect(one.pieces.at(-1)?.length).toBeLessThan(200);
      for (let key = 1; key <= 2000; key++) {
        feed.put(key, []);
        await publish();
      }
      // Now and then what is no more is the most of a text.
      expect(one.begun).toBeLessThan(10);
      expect(one.pieces.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(2_000_000);
    });

    it('begins a text where nobody knows any more what has changed since', async () => {
      const { publisher, feed, one, publish } = withTriggers();
      publisher.add(one);
      for (let key = 1; key <= 10_000; key++) feed.put(key, [trigger(key)]);
      await publish();
      expect([one.begun, one.changes().at(-1)?.added?.length]).toEqual([2, 10_000]);
    });

    it('leaves channels out, and puts both into one piece where both have changed', async () => {
      const { registry, session, publisher, feed, one } = withTriggers();
      publisher.add(one);
      registry.start(session);
      registry.traces.ensure(session, one.thread);
      feed.put(1, [trigger(1)]);
      await publisher.publishSoon();
      expect(one.changes()[1]).toMatchObject({ channels: [{ session: 's' }], removed: [], added: [trigger(1)] });
      registry.enableEvent(session, null, { pattern: 'a:*' });
      await publisher.publishSoon();
      expect(one.changes()[2]).toMatchObject({ channels: [{ session: 's' }], removed: [], added: [] });
    });
  });
});
