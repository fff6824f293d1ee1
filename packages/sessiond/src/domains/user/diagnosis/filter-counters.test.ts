import { DEFAULT_CHANNEL, DEFAULT_SESSION, directoryAt } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../../model/session-registry.ts';
import { testShares } from '../../../testing/shares.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import type { CountingThread } from '../../../triggers/counters/thread-counters.ts';
import { FilterCounters } from './filter-counters.ts';

interface Opened {
  readonly counts: (thread: CountingThread) => boolean;
  value: number;
  closed: boolean;
}

function makeCounters(room = 100) {
  const registry = new SessionRegistry(() => '00000000-0000-0000-0000-000000000000', testShares());
  const opened: Opened[] = [];
  const counters = new FilterCounters({
    sessions: () => registry.sessions(),
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
    const owner = { uid: 7, gid: 7 };
    const parameters = {
      ...DEFAULT_SESSION,
      name,
      output: directoryAt(`/tmp/${name}`),
      format: 'ctf-1.8',
      owner,
    } as const;
    const created = registry.create(parameters, new Date(0), { frequencyHz: 1n, offsetNs: 0n });
    registry.channels.enableEvent(
      created,
      null,
      filter === undefined ? { pattern: 'a:*' } : { pattern: 'a:*', filter },
    );
    return { session: created, channel: created.channels.get(DEFAULT_CHANNEL.name)! };
  };
  return { registry, counters, opened, session };
}

describe('FilterCounters', () => {
  it('has the filters of a channel counted, at the same place in every thread', () => {
    const { counters, opened, session } = makeCounters();
    const { session: of, channel } = session('s', 'n > 5');
    expect(counters.countsOf(channel)).toBeNull();
    expect(counters.indexesFor(of, channel, 0)).toEqual({ evaluated: 0, rejected: 2 });
    expect(counters.indexesFor(of, channel, 1)).toEqual({ evaluated: 1, rejected: 3 });
    opened[0]!.value = 10;
    opened[1]!.value = 4;
    expect(counters.countsOf(channel)).toEqual({ evaluated: 10, rejected: 4 });
  });

  it('counts nothing where no rule that is enabled has a filter, and goes on counting once it has begun', () => {
    const { registry, counters, opened, session } = makeCounters();
    const plain = session('plain');
    expect(counters.indexesFor(plain.session, plain.channel, 0)).toBeNull();
    expect(opened).toEqual([]);
    const filtered = session('filtered', 'n > 5');
    const indexes = counters.indexesFor(filtered.session, filtered.channel, 0);
    registry.channels.disableEvent(filtered.session, null, null);
    expect(counters.indexesFor(filtered.session, filtered.channel, 0)).toEqual(indexes);
  });

  it('takes the word of threads only that the session records', () => {
    const { registry, counters, opened, session } = makeCounters();
    const { session: of, channel } = session('s', 'n > 5');
    counters.indexesFor(of, channel, 0);
    registry.traces.ensure(of, threadOf(7));
    const thread = (uid: number) => ({ uid, slot: 0, process: processOf(), read: () => {} });
    expect([7, 8].map((uid) => opened[0]!.counts(thread(uid)))).toEqual([true, false]);
  });

  it('gives the counters of destroyed sessions back', () => {
    const { registry, counters, opened, session } = makeCounters();
    const gone = session('gone', 'n > 5');
    counters.indexesFor(gone.session, gone.channel, 0);
    registry.remove(gone.session);
    const { session: of, channel } = session('s', 'n > 5');
    counters.indexesFor(of, channel, 0);
    expect(opened.map(({ closed }) => closed)).toEqual([true, true, false, false]);
    expect(counters.countsOf(gone.channel)).toBeNull();
  });

  it('does without where there are no counters left, and keeps no half', () => {
    const { counters, opened, session } = makeCounters(1);
    const { session: of, channel } = session('s', 'n > 5');
    expect([counters.indexesFor(of, channel, 0), counters.countsOf(channel)]).toEqual([null, null]);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });
});
