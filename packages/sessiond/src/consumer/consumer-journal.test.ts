import { type ConsumerReply, DEFAULT_CHANNEL, directoryAt, NO_STATISTICS } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { ConsumerJournal, type JournalEntry, type SetUpCommand, type TaskCommand } from './consumer-journal.ts';

const ok: ConsumerReply = { id: 1, ok: true, result: null };
const refused: ConsumerReply = { id: 1, ok: false, code: 'NOT_WRITTEN', message: 'the disk is full' };

function openTrace(session: string, trace: number): SetUpCommand {
  const rest = {
    output: directoryAt('/d'),
    tracePath: 'ust/uid/0/64-bit',
    snapshot: false,
    format: 'ctf-1.8',
    owner: { uid: 0, gid: 0 },
    ringDirectory: null,
    uuid: 'u',
    clock: 'monotonic',
    clockFrequencyHz: '1',
    clockOffsetNs: '0',
  } as const;
  return { type: 'open-trace', session, trace, environment: [], ...rest };
}
function openChannel(trace: number, channel: number): SetUpCommand {
  return {
    type: 'open-channel',
    trace,
    channel,
    streamClassId: 0,
    attributes: DEFAULT_CHANNEL,
    contexts: [],
    producer: 'thread',
  };
}
function openRing(channel: number, ring: number): SetUpCommand {
  const source = { kind: 'thread-ring', path: '/p', bytes: 1, pid: 1, tid: 1, procname: '', program: '' } as const;
  return { type: 'open-ring', channel, ring, streamInstanceId: 0, source };
}

function journalOf(...commands: (SetUpCommand | TaskCommand)[]): {
  journal: ConsumerJournal;
  entries: JournalEntry[];
  kept: () => string[];
} {
  const journal = new ConsumerJournal();
  const entries = commands.map((command) => {
    const onReply = () => {};
    if (isTask(command)) {
      const entry = { command, onReply };
      journal.addTask(entry);
      return entry;
    }
    const entry = { command, onReply };
    journal.addSetUp(entry);
    return entry;
  });
  return { journal, entries, kept: () => journal.entries().map(({ command }) => command.type) };
}

function isTask(command: SetUpCommand | TaskCommand): command is TaskCommand {
  return ['close-ring', 'close-trace', 'flush', 'statistics', 'close-session', 'clear'].includes(command.type);
}

describe('ConsumerJournal', () => {
  it('repeats what is set up first, then what was not answered, each in order', () => {
    const { kept, journal, entries } = journalOf(
      openTrace('a', 1),
      { type: 'flush', session: 'a' },
      openChannel(1, 1),
      { type: 'statistics', session: 'a' },
      openRing(1, 1),
    );
    expect(kept()).toEqual(['open-trace', 'open-channel', 'open-ring', 'flush', 'statistics']);
    for (const entry of entries) journal.answered(entry, ok);
    expect(kept()).toEqual(['open-trace', 'open-channel', 'open-ring']);
  });

  it('keeps a ring until its end is answered, however', () => {
    for (const reply of [ok, refused]) {
      const { kept, journal, entries } = journalOf(openRing(1, 1), openRing(1, 2), { type: 'close-ring', ring: 1 });
      expect(kept()).toEqual(['open-ring', 'open-ring', 'close-ring']);
      journal.answered(entries[2]!, reply);
      expect(journal.entries().map(({ command }) => command)).toEqual([openRing(1, 2)]);
    }
  });

  it('forgets all of a session that is closed, and nothing of others', () => {
    const { journal, entries } = journalOf(
      openTrace('a', 1),
      openTrace('b', 2),
      openChannel(1, 1),
      openChannel(2, 2),
      { type: 'declare-events', channel: 1, events: [] },
      openRing(2, 2),
      openRing(1, 1),
      { type: 'close-session', session: 'a' },
    );
    journal.answered(entries[7]!, ok);
    expect(journal.entries().map(({ command }) => command)).toEqual([
      openTrace('b', 2),
      openChannel(2, 2),
      openRing(2, 2),
    ]);
  });

  it('keeps of a closed trace what it has come to, until its session is cleared or closed', () => {
    const { journal, entries } = journalOf(
      openTrace('a', 1),
      openTrace('a', 2),
      openTrace('b', 3),
      openChannel(1, 1),
      openChannel(2, 2),
      { type: 'declare-events', channel: 1, events: [] },
      { type: 'close-trace', trace: 1 },
      { type: 'close-trace', trace: 2 },
      { type: 'clear', session: 'a' },
      { type: 'close-session', session: 'a' },
    );
    const came = (eventsRecorded: number) => {
      return { id: 1, ok: true, result: { ...NO_STATISTICS, eventsRecorded } } as const;
    };
    const counted = () => {
      const [first] = journal.entries();
      return first?.command.type === 'count-closed-traces' ? first.command.statistics.eventsRecorded : undefined;
    };
    journal.answered(entries[6]!, came(40));
    expect(journal.entries().map(({ command }) => command)).toEqual([
      {
        type: 'count-closed-traces',
        session: 'a',
        output: directoryAt('/d'),
        snapshot: false,
        owner: { uid: 0, gid: 0 },
        statistics: { ...NO_STATISTICS, eventsRecorded: 40 },
      },
      openTrace('a', 2),
      openTrace('b', 3),
      openChannel(2, 2),
      ...entries.slice(7).map(({ command }) => command),
    ]);
    journal.answered(entries[7]!, came(2));
    expect(counted()).toBe(42);
    journal.answered(entries[8]!, came(0));
    expect(counted()).toBe(0);
    journal.answered(entries[9]!, ok);
    expect(journal.entries().map(({ command }) => command)).toEqual([openTrace('b', 3)]);
  });

  it('keeps nothing of a trace that the consumer never opened', () => {
    const { journal, entries } = journalOf(openTrace('a', 1), { type: 'close-trace', trace: 1 });
    journal.answered(entries[1]!, refused);
    expect(journal.entries()).toEqual([]);
  });

  it('forgets nothing of a session that could not be closed', () => {
    const { journal, entries, kept } = journalOf(openTrace('a', 1), { type: 'close-session', session: 'a' });
    journal.answered(entries[1]!, refused);
    expect(kept()).toEqual(['open-trace']);
  });
});
