import type { FieldClass } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { ChromeWriter } from './chrome.ts';
import type { EventArguments, TimelineSlice, TimelineThread } from './timeline-records.ts';

const THREAD: TimelineThread = { process: { pid: 7, name: 'shop', host: 'web-1' }, tid: 8, name: 'worker' };
const integer: FieldClass = {
  kind: 'integer',
  signed: false,
  bits: 64,
  align: 8,
  byteOrder: 'le',
  base: 10,
  encoding: 'none',
};
const text: FieldClass = { kind: 'string', encoding: 'utf8' };
const blob = { kind: 'static-blob', length: 2, mediaType: 'application/octet-stream' } as unknown as FieldClass;

function args(fields: Readonly<Record<string, readonly [FieldClass, unknown]>>): EventArguments {
  const entries = Object.entries(fields);
  return {
    columns: entries.map(([name, [fieldClass]]) => ({ name, fieldClass })),
    values: entries.map(([, [, value]]) => value as never),
  };
}

const SLICE: TimelineSlice = {
  thread: THREAD,
  name: 'shop:order',
  category: 'shop',
  args: [],
  flow: undefined,
  group: undefined,
  begin: 5,
  end: 1_000_000_006,
  isUnfinished: false,
  isRequest: false,
};

/** 2026-12-03 08:00:00.000 */
const ZERO = { seconds: 1_796_284_800, nanoseconds: 0 };

function written(write: (writer: ChromeWriter) => void) {
  let json = '';
  const writer = new ChromeWriter((part) => {
    json += part;
    return true;
  }, 'ringtail test');
  writer.start(ZERO, true);
  write(writer);
  writer.finish();
  return { json, ...JSON.parse(json) };
}

describe('Trace Event JSON', () => {
  it('counts microseconds with all nanoseconds from midnight before', () => {
    const { json, otherData, traceEvents } = written((writer) => writer.slice(SLICE));
    expect(otherData).toEqual({ exporter: 'ringtail test', zero: '2026-12-02T00:00:00.000Z' });
    expect(json).toContain('"ts":115200000000.005,"dur":1000000.001,');
    expect(Math.round(traceEvents.at(-1).ts * 1000)).toBe(32 * 3600 * 1e9 + 5);
  });

  it('names the process and the thread before their first event, once', () => {
    const { traceEvents } = written((writer) => {
      writer.slice(SLICE);
      writer.slice(SLICE);
    });
    expect(traceEvents.map(({ ph, name, args: of }: never) => [ph, name, of])).toEqual([
      ['M', 'process_name', { name: 'shop' }],
      ['M', 'process_labels', { labels: 'web-1' }],
      ['M', 'thread_name', { name: 'worker' }],
      ['X', 'shop:order', {}],
      ['X', 'shop:order', {}],
    ]);
  });

  it('has integers that are no JSON numbers as text, bytes as hexadecimal text, and the fields of the begin first', () => {
    const hostile = '"\u001b[31m\u2028</script>\ud800';
    const { traceEvents } = written((writer) =>
      writer.slice({
        ...SLICE,
        name: hostile,
        args: [
          args({ id: [integer, 2n ** 63n], path: [text, hostile], bytes: [blob, Uint8Array.of(1, 255)] }),
          args({ id: [integer, 1], status: [integer, 200], absent: [integer, undefined] }),
        ],
        isUnfinished: true,
      }),
    );
    const { name, args: of } = traceEvents.at(-1);
    expect(name).toBe(hostile.replace('\ud800', '\ufffd'));
    expect(of).toEqual({
      id: '9223372036854775808',
      path: hostile.replace('\ud800', '\ufffd'),
      bytes: '01ff',
      status: 200,
      unfinished: true,
    });
  });

  it('has slices beside a thread as asynchronous ones, with the flow of their request', () => {
    const group = { lane: { thread: THREAD, name: 'node_http:server_request' }, id: 31 };
    const { traceEvents } = written((writer) => {
      writer.slice({ ...SLICE, group, flow: 'request 1', isRequest: true });
      writer.slice({ ...SLICE, flow: 'request 1' });
      writer.slice({ ...SLICE, flow: 'request 2' });
    });
    const [begin, end, call, other] = traceEvents.slice(3);
    const cat = 'node_http:server_request';
    expect(begin).toMatchObject({ ph: 'b', cat, id2: { local: '0x1f' }, flow_out: true });
    expect(end).toMatchObject({ ph: 'e', cat, id2: { local: '0x1f' }, name: begin.name, ts: 115201000000.006 });
    expect(begin.flow_in).toBeUndefined();
    expect(call).toMatchObject({ ph: 'X', flow_in: true, bind_id: begin.bind_id });
    expect(other.bind_id).not.toBe(begin.bind_id);
  });

  it('has CPU samples as chunks whose nodes, samples and deltas add up', () => {
    const functions = ['outer', 'inner'].map((name) => ({
      kind: 'javascript',
      name,
      url: 'file:///a.js',
      line: 3,
      column: 5,
    }));
    const stacks = { callers: [0, 0, 1], functions: [0, 0, 1] } as never;
    const { traceEvents } = written((writer) => {
      writer.samples({ thread: THREAD, stacks, functions, times: [1_000_400, 2_000_600], samples: [1, 2] });
      writer.samples({ thread: THREAD, stacks, functions, times: [3_000_000], samples: [2] });
    });
    const [profile, chunk, next] = traceEvents.filter(({ ph }: { ph: string }) => ph === 'P');
    expect(profile).toMatchObject({ name: 'Profile', id: '0x1', args: { data: { startTime: 115_200_001_000 } } });
    const { cpuProfile, timeDeltas } = chunk.args.data;
    expect(
      cpuProfile.nodes.map(({ id, parent, callFrame }: never) => [
        id,
        parent,
        (callFrame as { functionName: string }).functionName,
      ]),
    ).toEqual([
      [1, undefined, '(root)'],
      [2, 1, 'outer'],
      [3, 2, 'inner'],
    ]);
    expect([cpuProfile.samples, timeDeltas]).toEqual([
      [2, 3],
      [0, 1001],
    ]);
    expect(next.args.data).toEqual({ cpuProfile: { nodes: [], samples: [3] }, timeDeltas: [999] });
  });

  it('is a file without events if the trace has none, and stops if no more text is wanted', () => {
    expect(written(() => {}).traceEvents).toEqual([]);
    const writer = new ChromeWriter(() => false, '');
    writer.start(ZERO, true);
    while (writer.isWanted) writer.slice(SLICE);
    writer.finish();
  });
});
