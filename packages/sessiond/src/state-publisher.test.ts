import { DEFAULT_CHANNEL, DEFAULT_SESSION } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { ControlFile, StateText } from './control-file.ts';
import type { Log } from './log.ts';
import type { RecordedThread, Session } from './session.ts';
import { SessionRegistry } from './session-registry.ts';
import { StatePublisher, type Subscriber } from './state-publisher.ts';
import { processOf, threadOf } from './testing/threads.test.support.ts';

const log: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

interface Published extends Subscriber {
  readonly texts: StateText[];
  looks: number;
}

function newWorld(): { registry: SessionRegistry; session: Session; publisher: StatePublisher } {
  const registry = new SessionRegistry(() => 'uuid');
  const owner = { uid: 0, gid: 0 };
  const parameters = { ...DEFAULT_SESSION, name: 's', output: '/o', format: 'ctf-1.8', owner } as const;
  const session = registry.create(parameters, new Date(0), { frequencyHz: 1n, offsetNs: 0n });
  registry.enableChannel(session, DEFAULT_CHANNEL);
  return { registry, session, publisher: new StatePublisher(registry, '/wake', log) };
}

/** A thread whose control file takes everything, or fails. */
function subscriber(thread: RecordedThread, fails = false): Published {
  const texts: StateText[] = [];
  const publish = (text: StateText): boolean => {
    if (fails && texts.length > 0) throw new Error('gone');
    texts.push(text);
    return true;
  };
  const published: Published = {
    thread,
    slot: 0,
    texts,
    looks: 0,
    controlFile: { publish } as unknown as ControlFile,
    disconnect: () => {},
    look: () => {
      published.looks++;
    },
  };
  return published;
}

describe('StatePublisher', () => {
  it('has one text for all threads that are to record the same', () => {
    const { registry, session, publisher } = newWorld();
    const threads = [threadOf(7, processOf(1)), threadOf(7, processOf(2)), threadOf(8)];
    const all = threads.map((thread) => subscriber(thread));
    for (const one of all) publisher.add(one);
    expect(new Set(all.map(({ texts }) => texts[0])).size).toBe(1);
    registry.start(session);
    for (const thread of threads) registry.ensureTrace(session, thread);
    publisher.publish();
    const [first, second, other] = all.map(({ texts }) => texts[1]);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    const late = subscriber(threads[0]!);
    publisher.add(late);
    expect(late.texts).toEqual([first]);
    expect(late.texts[0]).toBe(first);
  });

  it('forgets a text with the last thread that has it', () => {
    const { publisher } = newWorld();
    const [first, second, third, fourth] = [1, 2, 3, 4].map((pid) => subscriber(threadOf(7, processOf(pid))));
    publisher.add(first!);
    publisher.add(second!);
    publisher.remove(first!);
    publisher.add(third!);
    expect(third!.texts[0]).toBe(first!.texts[0]);
    for (const one of [second!, third!]) publisher.remove(one);
    publisher.add(fourth!);
    expect(fourth!.texts[0]).not.toBe(first!.texts[0]);
  });

  it('has those look that are to record their state, once', () => {
    const { registry, session, publisher } = newWorld();
    const [recorded, left] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    registry.track(session, 'vpid', [1]);
    registry.start(session);
    registry.ensureTrace(session, recorded);
    const [one, two] = [subscriber(recorded), subscriber(left)];
    for (const subscribed of [one, two]) publisher.add(subscribed);
    const looks = () => {
      publisher.publish();
      return [one.looks, two.looks];
    };
    expect(looks()).toEqual([0, 0]);
    registry.requestStatedump(session);
    expect(looks()).toEqual([1, 0]);
    registry.enableEvent(session, null, { pattern: 'a:*' });
    expect(looks()).toEqual([1, 0]);
    registry.track(session, 'vpid', [2]);
    expect(looks()).toEqual([1, 1]);
    registry.stop(session);
    expect(looks()).toEqual([1, 1]);
  });

  it('publishes several changes in a row once, and tells when it has', async () => {
    const { registry, session, publisher } = newWorld();
    const thread = threadOf(7);
    registry.start(session);
    registry.ensureTrace(session, thread);
    const one = subscriber(thread);
    publisher.add(one);
    registry.enableEvent(session, null, { pattern: 'a:*' });
    const first = publisher.publishSoon();
    registry.enableEvent(session, null, { pattern: 'b:*' });
    await Promise.all([first, publisher.publishSoon()]);
    expect(one.texts).toHaveLength(2);
    expect(JSON.parse(one.texts[1]!.bytes.toString('utf8')).channels[0].rules).toHaveLength(2);
  });

  it('leaves out a thread whose file cannot be written, and that one only', () => {
    const { registry, session, publisher } = newWorld();
    const [broken, sound] = [subscriber(threadOf(7), true), subscriber(threadOf(7))];
    for (const subscribed of [broken, sound]) publisher.add(subscribed);
    registry.start(session);
    registry.ensureTrace(session, threadOf(7));
    publisher.publish();
    publisher.publish();
    expect([broken.texts.length, sound.texts.length]).toEqual([1, 3]);
  });
});
