import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../style.ts';
import { explainNothing } from './explain-nothing.ts';
import { describeSummary, type Recording, summaryJson } from './summary.ts';

const plain = styleFor({ isTTY: false }, {});

function recording(statistics: Partial<SessionStatistics>, rest: Partial<Recording> = {}): Recording {
  return {
    trace: '/tmp/my trace',
    seconds: 2,
    end: { code: 0, signal: null },
    statistics: {
      eventsRecorded: 1000,
      eventsDiscarded: 0,
      eventsFailed: 0,
      eventsNested: 0,
      eventsLost: 0,
      packetsLost: 0,
      packets: 1,
      bytes: 20480,
      dataStreams: 1,
      troubles: [],
      ...statistics,
    },
    cutShort: null,
    survivors: [],
    findings: [{ code: 'NO_APPLICATION', what: 'nobody', evidence: ['seen'], nextStep: 'do' }],
    ...rest,
  };
}

describe('the summary', () => {
  it('says how much, how fast, how large, where, and how to look at it', () => {
    expect(describeSummary(plain, recording({})).split('\n')).toEqual([
      'ringtail: 1,000 events in 2.00 s',
      '  events/s   500',
      '  discarded  0',
      '  size       20.0 KiB, 20.5 bytes an event',
      '  trace      /tmp/my trace',
      "  show it    ringtail view '/tmp/my trace'  or  babeltrace2 '/tmp/my trace'",
    ]);
  });

  it('names every kind of loss that happened, and none that did not', () => {
    const text = describeSummary(
      plain,
      recording({ eventsDiscarded: 3, eventsFailed: 1, eventsLost: 2, troubles: ['disk full'] }),
    );
    expect(text).toContain('3 events discarded');
    expect(text).toContain('1 event failed');
    expect(text).toContain('2 events lost');
    expect(text).toContain('disk full');
    expect(text).not.toContain('nested');
    expect(text).not.toContain('overwritten');
  });

  it('tells of processes that go on without being recorded, and of a recording that was cut short', () => {
    const text = describeSummary(plain, recording({}, { survivors: [12, 34], cutShort: 'the daemon went away' }));
    expect(text).toContain('processes 12, 34 of the command still run');
    expect(text).toContain('cut short: the daemon went away');
  });

  it('of nothing gives the likely reason instead of figures', () => {
    const text = describeSummary(plain, recording({ eventsRecorded: 0, bytes: 0 }));
    expect(text).toContain('no events recorded');
    expect(text).toContain('  nobody:\n    seen\n    next: do');
    expect(summaryJson(recording({ eventsRecorded: 0 }))).toMatchObject({
      bytesPerEvent: null,
      eventsPerSecond: 0,
      explanation: 'nobody:\n  seen\n  next: do',
      findings: [{ code: 'NO_APPLICATION' }],
    });
  });

  it('for programs has every count and no explanation when there are events', () => {
    const json = summaryJson(recording({ eventsDiscarded: 3 }));
    expect(json).toMatchObject({
      trace: '/tmp/my trace',
      eventsRecorded: 1000,
      eventsDiscarded: 3,
      bytesPerEvent: 20.5,
    });
    expect(json).not.toHaveProperty('explanation');
  });
});

it('a recording of which nobody can say why it has no events says so', () => {
  expect(explainNothing(null)).toEqual(['The session daemon cannot say why.']);
});
