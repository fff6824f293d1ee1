import { describe, expect, it } from 'vitest';
import { eventsOf, makeSandbox, program, record, type TracedEvent } from './harness.ts';

const node = process.execPath;

/** The indexes of the events in order, per value of a field. */
function indexesBy(events: readonly TracedEvent[], field: RegExp): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { fields } of events) {
    const key = field.exec(fields)?.[1] ?? 'none';
    groups.set(key, [...(groups.get(key) ?? []), Number(/\bindex = (\d+)/.exec(fields)?.[1])]);
  }
  return groups;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe('every JavaScript thread of a recorded command', () => {
  it('has its own data stream: the main thread and each worker thread', async () => {
    const sandbox = makeSandbox();
    const { ended, summary, trace } = await record(sandbox, [node, program('threads.mjs'), '3', '200']);
    expect(ended.code).toBe(0);
    expect(summary).toMatchObject({ eventsRecorded: 800, eventsDiscarded: 0, dataStreams: 4 });
    const threads = indexesBy(eventsOf(sandbox, trace), /\bthread = (\d+)/);
    expect([...threads.keys()].sort()).toEqual(['0', '1', '2', '3']);
    for (const indexes of threads.values()) expect(indexes).toEqual(upTo(200));
  });

  it.each(['fork', 'spawn', 'cluster'])('also in child processes made with %s', async (how) => {
    const sandbox = makeSandbox();
    const { ended, summary, trace } = await record(sandbox, [node, program('children.mjs'), how, '2', '150']);
    expect(ended.code).toBe(0);
    expect(summary).toMatchObject({ eventsRecorded: 450, eventsDiscarded: 0, dataStreams: 3 });
    const events = eventsOf(sandbox, trace);
    const processes = indexesBy(events, /\bpid = (\d+), index/);
    expect(processes.size).toBe(3);
    for (const indexes of processes.values()) expect(indexes).toEqual(upTo(150));
    expect(events.filter(({ fields }) => fields.includes('role = "child"')).length).toBe(300);
  });
});
