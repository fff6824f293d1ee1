import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../output/style.ts';
import { explainMissing } from './explain-missing.ts';
import { describeSummary, type Recording, summaryJson } from './summary.ts';

const plain = styleFor({ isTTY: false }, {});

function recording(statistics: Partial<SessionStatistics>, rest: Partial<Recording> = {}): Recording {
  return {
    trace: '/tmp/my trace',
    isThere: true,
    seconds: 2,
    command: 'node',
    end: { cause: 'exit-code', exitCode: 0, signal: null, abortedBy: null, exception: null },
    heapLimits: [],
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
      programsNotRecorded: 0,
      wrongValues: [],
      troubles: [],
      ...statistics,
    },
    cutShort: null,
    survivors: [],
    report: null,
    findings: [],
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

  it('does not say how to look at a trace that is not there any more', () => {
    const text = describeSummary(plain, recording({}, { isThere: false }));
    expect(text).toContain('/tmp/my trace is not there any more');
    expect(text).not.toContain('show it');
  });

  it('names every kind of loss that happened, and none that did not', () => {
    const text = describeSummary(plain, recording({ eventsDiscarded: 3, eventsFailed: 1, eventsLost: 2 }));
    expect(text).toContain('3 events discarded');
    expect(text).toContain('1 event failed');
    expect(text).toContain('2 events lost');
    expect(text).not.toContain('nested');
    expect(text).not.toContain('overwritten');
  });

  it('names fields with wrong values: ten of them, and the number of others', () => {
    const wrong = (field: string, count = 2) => ({
      event: 'shop:order',
      field,
      fieldType: 'u32',
      first: 'a string',
      count,
    });
    const named = describeSummary(plain, recording({ wrongValues: [wrong('id'), wrong('sku', 1)] }));
    expect(named.split('\n').slice(-2)).toEqual([
      '  warning: shop:order: field id (u32): 2 values did not fit; the first was a string',
      '  warning: shop:order: field sku (u32): 1 value did not fit; it was a string',
    ]);
    const fields = Array.from({ length: 12 }, (_, i) => wrong(`f${i}`));
    const others = { event: '*', field: '*', fieldType: '', first: '', count: 7 };
    const many = describeSummary(plain, recording({ wrongValues: [...fields, others] })).split('\n');
    expect(many.filter((line) => line.includes('warning:'))).toHaveLength(11);
    expect(many.at(-1)).toContain('3 further fields with wrong values, which --output-format=json names');
    const few = describeSummary(plain, recording({ wrongValues: [others] }));
    expect(few).toContain('warning: further fields: 7 values did not fit');
  });

  it('tells of processes that go on without being recorded, and of a recording that was cut short', () => {
    const text = describeSummary(plain, recording({}, { survivors: [12, 34], cutShort: 'the daemon went away' }));
    expect(text).toContain('processes 12, 34 of the command still run');
    expect(text).toContain('cut short: the daemon went away');
  });

  it('says why not everything was recorded, after what was', () => {
    const troubles = ['app: tracepoint a:b is refused (BAD_TRACEPOINT)'];
    const findings: Recording['findings'] = [
      { code: 'TRACEPOINT_REFUSED', what: 'refused', evidence: troubles, nextStep: 'rename' },
    ];
    const lines = describeSummary(plain, recording({ troubles }, { findings })).split('\n');
    expect(lines.slice(-4)).toEqual([
      '  not everything was recorded:',
      '    refused:',
      `      ${troubles[0]}`,
      '      next: rename',
    ]);
    expect(describeSummary(plain, recording({ troubles }, { findings: null }))).toContain(`warning: ${troubles[0]}`);
    expect(summaryJson(recording({ troubles }, { findings }))).toMatchObject({ troubles, findings });
  });

  it('of nothing gives the likely reason instead of figures', () => {
    const findings: Recording['findings'] = [
      { code: 'NO_APPLICATION', what: 'nobody', evidence: ['seen'], nextStep: 'do' },
    ];
    const text = describeSummary(plain, recording({ eventsRecorded: 0, bytes: 0 }, { findings }));
    expect(text).toContain('no events recorded');
    expect(text).toContain('  nobody:\n    seen\n    next: do');
    expect(summaryJson(recording({ eventsRecorded: 0 }, { findings }))).toMatchObject({
      bytesPerEvent: null,
      eventsPerSecond: 0,
      explanation: 'nobody:\n  seen\n  next: do',
      findings: [{ code: 'NO_APPLICATION' }],
    });
  });

  it('says why the command or a process of it has aborted, with or without events', () => {
    const aborted = { number: 6, name: 'SIGABRT', coreDumped: false };
    const end = { cause: 'signal', exitCode: null, signal: aborted, abortedBy: 'heap-limit', exception: null } as const;
    const heapLimits = [{ pid: 7, program: 'job.js', end }];
    const lines = [
      "  process    7 (job.js) was killed by SIGABRT at V8's heap limit",
      '  heap limit raise it with --max-old-space-size=MIB, in the command or in NODE_OPTIONS',
    ].join('\n');
    expect(describeSummary(plain, recording({}, { heapLimits }))).toContain(lines);
    expect(describeSummary(plain, recording({ eventsRecorded: 0 }, { heapLimits }))).toContain(lines);
    expect(describeSummary(plain, recording({}, { end }))).toContain("ended      node was killed by SIGABRT at V8's");
    expect(summaryJson(recording({}, { end, heapLimits }))).toMatchObject({
      abortedBy: 'heap-limit',
      heapLimits: [{ pid: 7, program: 'job.js' }],
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
  expect(explainMissing(null)).toEqual(['The session daemon cannot say why.']);
});
