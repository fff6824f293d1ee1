import { setImmediate as nextTurn } from 'node:timers/promises';
import { DEFAULT_CHANNEL, type DesiredState } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { RecordedThread } from '../../../model/application-process.ts';
import { FairTurns } from '../../../shares/fair-turns.ts';
import { desiredStateIn } from '../../../testing/desired-state.test.support.ts';
import { QUIET_LOG } from '../../../testing/quiet-log.test.support.ts';
import { testPool } from '../../../testing/shares.test.support.ts';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import { TriggerLog } from '../../../triggers/trigger-log.ts';
import type { ControlFile, StateText } from './control-file.ts';
import { StatePublisher, type Subscriber } from './state-publisher.ts';

interface Published extends Subscriber {
  /** Texts of channels after each publication. */
  readonly written: StateText[];
  looks: number;
  readonly states: () => DesiredState[];
}

function newWorld({
  triggerLog = new TriggerLog(),
  turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid }),
  controlBytes = testPool(1e9),
} = {}) {
  const sessions = new TestSessions();
  const { parts } = sessions;
  const part = sessions.create('s');
  parts.channels.enable(part, DEFAULT_CHANNEL);
  return {
    sessions,
    parts,
    part,
    publisher: new StatePublisher({
      traces: parts.traces,
      turns,
      controlBytes,
      wakePathOf: () => '/wake',
      triggerLogFor: () => triggerLog,
      filterCountersFor: () => null,
      log: QUIET_LOG,
    }),
  };
}

/** A thread whose control file takes everything, or fails from the second state on. */
function subscriber(thread: RecordedThread, { fails = false, onWritten = () => {} } = {}): Published {
  const written: StateText[] = [];
  const states: DesiredState[] = [];
  const controlFile = {
    publish(changed: StateText | undefined, triggers: StateText) {
      if (fails && written.length > 0) throw new Error('gone');
      const channels = changed ?? (written.at(-1) as StateText);
      written.push(channels);
      states.push(desiredStateIn(channels.bytes.toString(), triggers.bytes.toString()));
      onWritten();
      return true;
    },
  };
  const published: Published = {
    thread,
    slot: 0,
    written,
    looks: 0,
    states: () => states,
    controlFile: controlFile as unknown as ControlFile,
    disconnect: () => {},
    look: () => {
      published.looks++;
    },
  };
  return published;
}

describe('StatePublisher', () => {
  it('encodes one text in a pass for all threads that are to record the same', async () => {
    const { sessions, parts, part, publisher } = newWorld();
    const threads = [threadOf(7, processOf(1)), threadOf(7, processOf(2)), threadOf(8)];
    const all = threads.map((thread) => subscriber(thread));
    for (const one of all) publisher.add(one);
    const textOf = (one: Published | undefined, at: number) => one?.written[at];
    expect(textOf(all[1], 0)?.bytes).toEqual(textOf(all[0], 0)?.bytes);
    sessions.start(part);
    for (const thread of threads) parts.traces.ensure(part, thread);
    await publisher.publishSoon();
    expect(textOf(all[1], 1)).toBe(textOf(all[0], 1));
    expect(textOf(all[2], 1)).not.toBe(textOf(all[0], 1));
    const late = subscriber(threads[0]!);
    publisher.add(late);
    expect(textOf(late, 0)?.bytes).toEqual(textOf(all[0], 1)?.bytes);
    await publisher.publishSoon();
    expect(all.map(({ written }) => written.length)).toEqual([2, 2, 2]);
  });

  it('has those threads look whose desired state has changed', async () => {
    const { sessions, parts, part, publisher } = newWorld();
    const [recorded, left] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    parts.track(part, 'vpid', [1]);
    sessions.start(part);
    parts.traces.ensure(part, recorded);
    const [one, two] = [subscriber(recorded), subscriber(left)];
    for (const subscribed of [one, two]) publisher.add(subscribed);
    const looks = async () => {
      await publisher.publishSoon();
      return [one.looks, two.looks];
    };
    expect(await looks()).toEqual([0, 0]);
    part.statedump++;
    expect(await looks()).toEqual([1, 0]);
    expect(await looks()).toEqual([1, 0]);
    parts.channels.enableEvent(part, null, { pattern: 'a:*' });
    expect(await looks()).toEqual([2, 0]);
    parts.track(part, 'vpid', [2]);
    expect(await looks()).toEqual([2, 1]);
    sessions.registry.stop(part.session);
    expect(await looks()).toEqual([3, 2]);
  });

  it('has those look that are to give memory back', async () => {
    const { sessions, parts, part, publisher } = newWorld();
    const thread = threadOf(7);
    sessions.start(part);
    parts.traces.ensure(part, thread);
    const one = subscriber(thread);
    publisher.add(one);
    parts.requestReclaim([], 0);
    await publisher.publishSoon();
    expect(one.looks).toBe(0);
    parts.requestReclaim([...part.channels.values()], 0);
    await publisher.publishSoon();
    expect(one.looks).toBe(1);
    expect(one.states().at(-1)?.channels[0]?.reclaim).toBe(1);
  });

  it('goes through thousands of threads in slices: others have their turns meanwhile', async () => {
    // A millisecond for each write.
    let written = 0;
    const turns = new FairTurns({ nowMs: () => written, userBehind: (uid) => uid });
    const { sessions, parts, part, publisher } = newWorld({ turns });
    const threads = Array.from({ length: 1000 }, (_, pid) => threadOf(7, processOf(pid)));
    const onWritten = () => {
      written++;
    };
    for (const thread of threads) publisher.add(subscriber(thread, { onWritten }));
    sessions.start(part);
    for (const thread of threads) parts.traces.ensure(part, thread);
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
    const { sessions, parts, part, publisher } = newWorld({ turns });
    const [first, gone] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    const goes = subscriber(gone);
    let passes = 0;
    const one = subscriber(first, {
      onWritten: () => {
        if (++passes !== 2) return;
        publisher.remove(goes);
        parts.channels.enableEvent(part, null, { pattern: 'late:*' });
        void publisher.publishSoon();
      },
    });
    for (const subscribed of [one, goes]) publisher.add(subscribed);
    sessions.start(part);
    for (const thread of [first, gone]) parts.traces.ensure(part, thread);
    await publisher.publishSoon();
    await publisher.published();
    expect(goes.written).toHaveLength(1);
    expect(one.states().map(({ channels }) => channels[0]?.rules.length)).toEqual([undefined, 0, 1]);
  });

  it('disconnects threads of a user whose share has no room for what they are told, and gives it back', async () => {
    const controlBytes = testPool(20_000);
    const { sessions, parts, part, publisher } = newWorld({ controlBytes });
    const threads = Array.from({ length: 20 }, (_, pid) => threadOf(7, processOf(pid)));
    const disconnected: string[] = [];
    const all = threads.map((thread) => ({
      ...subscriber(thread),
      disconnect: (why: string) => void disconnected.push(why),
    }));
    for (const one of all) publisher.add(one);
    sessions.start(part);
    for (const thread of threads) parts.traces.ensure(part, thread);
    parts.channels.enableEvent(part, null, { pattern: `a:${'x'.repeat(200)}` });
    await publisher.publishSoon();
    expect(disconnected.length).toBeGreaterThan(0);
    expect(disconnected.length).toBeLessThan(20);
    expect(disconnected[0]).toMatch(/^its recording configuration cannot be sent: the share of user 7 is used up: /);
    expect(controlBytes.used).toBeLessThanOrEqual(10_000);
    expect(() => {
      for (let count = 0; count < 20; count++) publisher.add(subscriber(threads[0]!));
    }).toThrow('the share of user 7 is used up');
    expect(() => publisher.add(subscriber(threadOf(8)))).not.toThrow();
    for (const one of all) publisher.remove(one);
    sessions.registry.stop(part.session);
    await publisher.publishSoon();
    expect(controlBytes.used).toBeLessThan(100);
  });

  it('publishes several changes in a row once, and tells when it has', async () => {
    const { sessions, parts, part, publisher } = newWorld();
    const thread = threadOf(7);
    sessions.start(part);
    parts.traces.ensure(part, thread);
    const one = subscriber(thread);
    publisher.add(one);
    parts.channels.enableEvent(part, null, { pattern: 'a:*' });
    const first = publisher.publishSoon();
    parts.channels.enableEvent(part, null, { pattern: 'b:*' });
    await Promise.all([first, publisher.publishSoon()]);
    expect(one.written).toHaveLength(2);
    expect(one.states()[1]?.channels[0]?.rules).toHaveLength(2);
  });

  it('leaves out a thread whose file cannot be written, and that one only', async () => {
    const { sessions, parts, part, publisher } = newWorld();
    const [broken, sound] = [subscriber(threadOf(7), { fails: true }), subscriber(threadOf(7))];
    for (const subscribed of [broken, sound]) publisher.add(subscribed);
    sessions.start(part);
    parts.traces.ensure(part, threadOf(7));
    await publisher.publishSoon();
    sessions.registry.stop(part.session);
    await publisher.publishSoon();
    expect([broken.written.length, sound.written.length]).toEqual([1, 3]);
  });

  describe('where triggers come and go', () => {
    const trigger = (key: number) => ({ key, rule: { pattern: `p:e${key}` }, counter: 0, keys: [], reports: null });
    function withTriggers() {
      const triggerLog = new TriggerLog();
      const world = newWorld({ triggerLog });
      const one = subscriber(threadOf(7));
      const publish = async () => {
        await world.publisher.publishTriggersSoon();
        return one.written.length;
      };
      return { ...world, triggerLog, one, publish };
    }

    it('publishes them with the same channels, and nothing where none does', async () => {
      const { publisher, triggerLog, one, publish } = withTriggers();
      triggerLog.put(1, trigger(1));
      publisher.add(one);
      triggerLog.put(2, trigger(2));
      triggerLog.put(3, trigger(3));
      expect(await publish()).toBe(2);
      expect(await publish()).toBe(2);
      triggerLog.put(1, undefined);
      expect(await publish()).toBe(3);
      expect(one.states().map(({ triggers }) => triggers.map(({ key }) => key))).toEqual([[1], [1, 2, 3], [2, 3]]);
      expect(new Set(one.written.map(({ number }) => number)).size).toBe(1);
    });

    it('leaves channels as they are until something else than triggers has changed', async () => {
      const { sessions, parts, part, publisher, triggerLog, one } = withTriggers();
      publisher.add(one);
      sessions.start(part);
      parts.traces.ensure(part, one.thread);
      triggerLog.put(1, trigger(1));
      await publisher.publishTriggersSoon();
      expect(one.states()[1]).toEqual({ channels: [], triggers: [trigger(1)] });
      await publisher.publishSoon();
      expect(one.states()[2]).toMatchObject({ channels: [{ session: 's' }], triggers: [trigger(1)] });
    });
  });
});
