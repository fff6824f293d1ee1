import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import type { CountingThread } from '../../../triggers/counters/thread-counters.ts';
import { FilterCounters } from './filter-counters.ts';

interface Opened {
  readonly counts: (thread: CountingThread) => boolean;
  value: number;
  closed: boolean;
}

function makeCounters(room = 100) {
  const sessions = new TestSessions();
  const opened: Opened[] = [];
  const counters = new FilterCounters({
    parts: () => sessions.parts.all(),
    open: (counts) => {
      if (opened.length >= room) return undefined;
      const counter: Opened = { counts, value: 0, closed: false };
      const number = opened.push(counter) - 1;
      const close = () => {
        counter.closed = true;
      };
      return { indexFor: (slot: number) => number * 2 + slot, read: () => counter.value, close };
    },
  });
  const session = (name: string, filter?: string) => {
    const part = sessions.create(name, { owner: { uid: 7, gid: 7 } });
    const rule = filter === undefined ? { pattern: 'a:*' } : { pattern: 'a:*', filter };
    sessions.parts.channels.enableEvent(part, null, rule);
    return { part, channel: part.channels.get(DEFAULT_CHANNEL.name)! };
  };
  return { sessions, counters, opened, session };
}

describe('FilterCounters', () => {
  it('has the filters of a channel counted, at the same place in every thread', () => {
    const { counters, opened, session } = makeCounters();
    const { part, channel } = session('s', 'n > 5');
    expect(counters.countsOf(channel)).toBeNull();
    expect(counters.indexesFor(part, channel, 0)).toEqual({ evaluated: 0, rejected: 2 });
    expect(counters.indexesFor(part, channel, 1)).toEqual({ evaluated: 1, rejected: 3 });
    opened[0]!.value = 10;
    opened[1]!.value = 4;
    expect(counters.countsOf(channel)).toEqual({ evaluated: 10, rejected: 4 });
  });

  it('counts nothing where no rule that is enabled has a filter, and goes on counting once it has begun', () => {
    const { sessions, counters, opened, session } = makeCounters();
    const plain = session('plain');
    expect(counters.indexesFor(plain.part, plain.channel, 0)).toBeNull();
    expect(opened).toEqual([]);
    const filtered = session('filtered', 'n > 5');
    const indexes = counters.indexesFor(filtered.part, filtered.channel, 0);
    sessions.parts.channels.disableEvent(filtered.part, null, null);
    expect(counters.indexesFor(filtered.part, filtered.channel, 0)).toEqual(indexes);
  });

  it('takes the word of threads only that the session records', () => {
    const { sessions, counters, opened, session } = makeCounters();
    const { part, channel } = session('s', 'n > 5');
    counters.indexesFor(part, channel, 0);
    sessions.parts.traces.ensure(part, threadOf(7));
    const thread = (uid: number) => ({ uid, slot: 0, process: processOf(), read: () => {} });
    expect([7, 8].map((uid) => opened[0]!.counts(thread(uid)))).toEqual([true, false]);
  });

  it('gives the counters of destroyed sessions back', () => {
    const { sessions, counters, opened, session } = makeCounters();
    const gone = session('gone', 'n > 5');
    counters.indexesFor(gone.part, gone.channel, 0);
    sessions.remove(gone.part);
    const { part, channel } = session('s', 'n > 5');
    counters.indexesFor(part, channel, 0);
    expect(opened.map(({ closed }) => closed)).toEqual([true, true, false, false]);
    expect(counters.countsOf(gone.channel)).toBeNull();
  });

  it('does without where there are no counters left, and keeps no half', () => {
    const { counters, opened, session } = makeCounters(1);
    const { part, channel } = session('s', 'n > 5');
    expect([counters.indexesFor(part, channel, 0), counters.countsOf(channel)]).toEqual([null, null]);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });
});
