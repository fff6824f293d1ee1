import type { DataStream, LossMessage } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import type { Handler } from '../handler.ts';
import { type MadeClasses, type MadeEvent, madeStream, show } from '../testing/made-events.test.support.ts';
import { Timeline } from './timeline.ts';
import type {
  EventArguments,
  TimelineGauge,
  TimelineInstant,
  TimelineSlice,
  TimelineWriter,
} from './timeline-records.ts';

class Recorder implements TimelineWriter {
  readonly isWanted = true;
  readonly slices: TimelineSlice[] = [];
  readonly instants: TimelineInstant[] = [];
  readonly gauges: TimelineGauge[] = [];
  start(): void {}
  slice(slice: TimelineSlice): void {
    this.slices.push(slice);
  }
  instant(instant: TimelineInstant): void {
    this.instants.push(instant);
  }
  gauge(gauge: TimelineGauge): void {
    this.gauges.push(gauge);
  }
  samples(): void {}
  finish(): void {}
}

const CLASSES = {
  'node_http:server_request_begin': ['request_id', 's_method', 's_path'],
  'node_http:server_request_end': ['request_id', 'status'],
  'node_undici:request_begin': ['call_id'],
  'node_undici:request_end': ['call_id', 'status'],
  'app:outer_begin': ['n'],
  'app:outer_end': ['m'],
  'app:inner_begin': [],
  'app:inner_end': [],
  'node_fs:operation': ['operation', 'duration_ns'],
  'node_fs:slow_operation': ['operation', 'duration_ns'],
  'node_zlib:operation': ['duration_ns'],
  'node_process:sample': ['rss', 'cpu_user_ns', 'cpu_system_ns'],
  'app:mark': ['n'],
} satisfies MadeClasses;

function timelineOf(
  events: readonly MadeEvent[],
  seeMore: (timeline: Timeline, stream: DataStream) => void = () => {},
) {
  const recorder = new Recorder();
  const timeline = new Timeline(recorder);
  const stream = madeStream(CLASSES);
  show(timeline as unknown as Handler<unknown, unknown>, stream, events);
  seeMore(timeline, stream);
  timeline.finish();
  return recorder;
}

function fieldsOf(args: readonly EventArguments[]) {
  return args.map(({ columns, values }) => Object.fromEntries(columns.map(({ name }, i) => [name, values[i]])));
}

const requestBegin = (ns: number, id: number): MadeEvent => ({
  name: 'node_http:server_request_begin',
  ns,
  fields: { request_id: id, s_method: 0, s_path: 0 },
});
const requestEnd = (ns: number, id: number): MadeEvent => ({
  name: 'node_http:server_request_end',
  ns,
  fields: { request_id: id, status: 200 },
});
const callBegin = (ns: number, id: number, request?: number): MadeEvent => ({
  name: 'node_undici:request_begin',
  ns,
  ...(request !== undefined && { request }),
  fields: { call_id: id },
});
const callEnd = (ns: number, id: number): MadeEvent => ({
  name: 'node_undici:request_end',
  ns,
  fields: { call_id: id },
});

/** What a slice is drawn in: the thread, or a lane with the number of its group. */
function placeOf({ group }: TimelineSlice): string {
  return group === undefined ? 'thread' : `${group.lane.name} ${group.id}`;
}

describe('the timeline of events', () => {
  it('has a slice for a pair of events, with the fields of both', () => {
    const { slices, instants } = timelineOf([
      { name: 'app:outer_begin', ns: 1_000_000_007, fields: { n: 1 } },
      { name: 'app:mark', ns: 1_000_000_010, fields: { n: 5 } },
      { name: 'app:outer_end', ns: 2_000_000_000, fields: { m: 2 } },
    ]);
    expect(slices).toHaveLength(1);
    expect(slices[0]).toMatchObject({ name: 'app:outer', category: 'app', begin: 7, end: 1e9, isUnfinished: false });
    expect(fieldsOf(slices[0]!.args)).toEqual([{ n: 1 }, { m: 2 }]);
    expect(instants.map(({ name, at }) => [name, at])).toEqual([['app:mark', 10]]);
  });

  it('has slices that lie in each other in the thread, and others beside it', () => {
    const at = (ns: number, name: string): MadeEvent => ({ name: `app:${name}`, ns });
    const nested = [at(0, 'outer_begin'), at(1, 'inner_begin'), at(2, 'inner_end'), at(3, 'outer_end')];
    const crossed = [at(4, 'outer_begin'), at(5, 'inner_begin'), at(6, 'outer_end'), at(7, 'inner_end')];
    expect(
      timelineOf([...nested, ...crossed]).slices.map((slice) => [slice.name, slice.begin, placeOf(slice)]),
    ).toEqual([
      ['app:inner', 1, 'thread'],
      ['app:outer', 0, 'thread'],
      ['app:outer', 4, 'thread'],
      ['app:inner', 5, 'app:inner 1'],
    ]);
  });

  it('has slices with identifiers beside the thread, as many lanes as are needed at one time', () => {
    const { slices } = timelineOf([
      ...[callBegin(0, 1), callBegin(1, 2), callEnd(2, 1), callEnd(3, 2), callBegin(4, 3), callEnd(5, 3)],
    ]);
    expect(slices.map((slice) => slice.begin)).toEqual([0, 1, 4]);
    expect(new Set(slices.map(({ group }) => group!.id)).size).toBe(3);
    expect(new Set(slices.map(({ group }) => group!.lane)).size).toBe(2);
  });

  it('has the calls of a request in the request, and those side by side with another call beside it', () => {
    const { slices } = timelineOf([
      ...[requestBegin(0, 7), callBegin(1, 1, 7), callBegin(2, 2, 7), callEnd(3, 1), callEnd(4, 2)],
      ...[callBegin(5, 3, 7), callEnd(6, 3), requestEnd(8, 7), callBegin(9, 4, 7), callEnd(10, 4)],
    ]);
    const [first, beside, second, request, late] = slices;
    expect(request).toMatchObject({ begin: 0, end: 8, isRequest: true });
    expect([first!.group, second!.group]).toEqual([request!.group, request!.group]);
    expect([beside, late].some((slice) => slice!.group === request!.group)).toBe(false);
    expect(new Set(slices.map(({ flow }) => flow)).size).toBe(1);
    expect(request!.flow).toBeDefined();
  });

  it('has reported spans once, with their begin, synchronous calls in the thread', () => {
    const call = (name: string, ns: number, operation: number): MadeEvent => ({
      name,
      ns,
      fields: { operation, duration_ns: 40 },
    });
    const { slices } = timelineOf([
      call('node_fs:operation', 100, 1),
      call('node_fs:slow_operation', 100, 1),
      call('node_zlib:operation', 120, 1),
    ]);
    expect(slices.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['1', 60, 100],
      ['thread pool', 80, 120],
    ]);
  });

  it('has begins without an end as slices up to the end of the trace', () => {
    const { slices } = timelineOf([
      requestBegin(0, 1),
      callBegin(5, 2),
      { name: 'app:mark', ns: 90, fields: { n: 0 } },
    ]);
    expect(slices.map(({ begin, end, isUnfinished }) => [begin, end, isUnfinished])).toEqual([
      [5, 90, true],
      [0, 90, true],
    ]);
  });

  it('has ends without a begin, and begins whose end may be lost, as instants', () => {
    const { slices, instants } = timelineOf(
      [{ name: 'app:inner_end', ns: 1 }, callBegin(2, 1), { name: 'app:outer_begin', ns: 3, fields: { n: 1 } }],
      (timeline, stream) =>
        timeline.seeLoss({ kind: 'discarded-events', stream, seconds: 0, nanoseconds: 9, count: 1n } as LossMessage),
    );
    expect(instants.map(({ name }) => name)).toEqual(['app:inner_end', 'app:outer_begin']);
    expect(slices.map(({ begin, end }) => [begin, end])).toEqual([[2, 9]]);
  });

  it('keeps texts of waiting begins within bounded memory', () => {
    const text = 'x'.repeat(1_000_000);
    const begins = Array.from({ length: 250 }, (_, i): MadeEvent => {
      return {
        name: 'node_http:server_request_begin',
        ns: i,
        fields: { request_id: i + 1, s_method: 0, s_path: text as never },
      };
    });
    const { slices, instants } = timelineOf(begins);
    expect(instants.length).toBeGreaterThan(100);
    expect(slices.length + instants.length).toBe(250);
  });

  it('has memory and processor time as gauges', () => {
    const sample = (ns: number, rss: number, user: number): MadeEvent => ({
      name: 'node_process:sample',
      ns,
      fields: { rss, cpu_user_ns: user, cpu_system_ns: 0 },
    });
    const { gauges, instants } = timelineOf([sample(0, 100, 0), sample(1e9, 200, 5e8)]);
    const seen = gauges.filter(({ name }) => ['memory rss', 'CPU'].includes(name));
    expect(seen.map(({ name, unit, at, value }) => [name, unit, at, value])).toEqual([
      ['memory rss', 'bytes', 0, 100],
      ['memory rss', 'bytes', 1e9, 200],
      ['CPU', 'percent', 1e9, 50],
    ]);
    expect(instants).toEqual([]);
  });

  it('keeps processes of different traces apart, and threads without a number', () => {
    const recorder = new Recorder();
    const timeline = new Timeline(recorder);
    for (const name of ['one', 'two']) {
      const made = madeStream(CLASSES);
      const stream = { ...made, trace: { ...made.trace, name } } as DataStream;
      show(timeline as unknown as Handler<unknown, unknown>, stream, [
        { name: 'app:mark', ns: 1, pid: 7, fields: { n: 1 } },
        { name: 'app:mark', ns: 2, pid: 'hostile' as never, fields: { n: 1 } },
      ]);
    }
    const pids = recorder.instants.map(({ thread }) => thread.process.pid);
    expect(pids[0]).toBe(7);
    expect(new Set(pids).size).toBe(4);
    expect(pids.every((pid) => Number.isInteger(pid) && pid > 0 && pid < 2 ** 31)).toBe(true);
  });
});
