import { Profile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { type MadeEvent, madeStream } from '../testing/made-events.test.support.ts';
import { CpuProfiles } from './cpu-profiles.ts';
import { cpuprofileText } from './cpuprofile.ts';
import { foldedText } from './folded.ts';
import { pprofBytes } from './pprof.ts';
import { speedscopeText } from './speedscope.ts';

const CLASSES = {
  'node_cpu:function': ['slice_id', 'function_id', 'kind', 'name', 'url', 'line', 'column'],
  'node_cpu:stacks': ['slice_id', 'stack_ids', 'caller_ids', 'function_ids'],
  'node_cpu:samples': ['slice_id', 'start_ns', 'period_ns', 'offsets_us', 'stack_ids'],
};

type Event = readonly [name: keyof typeof CLASSES, fields: Readonly<Record<string, unknown>>, tid?: number];

function fn(slice_id: number, function_id: number, name: string, kind = 'javascript'): Event {
  return ['node_cpu:function', { slice_id, function_id, kind, name, url: 'file:///app.js', line: 3, column: 5 }];
}

function stacks(slice_id: number, ...of: (readonly [id: number, caller: number, fn: number])[]): Event {
  const [stack_ids, caller_ids, function_ids] = [0, 1, 2].map((column) => of.map((row) => row[column]));
  return ['node_cpu:stacks', { slice_id, stack_ids, caller_ids, function_ids }];
}

function samples(slice_id: number, startMs: number, ...stack_ids: number[]): Event {
  const offsets_us = stack_ids.map((_, i) => i * 1000);
  return ['node_cpu:samples', { slice_id, start_ns: startMs * 1e6, period_ns: 1e6, offsets_us, stack_ids }];
}

function profilesOf(...events: readonly Event[]): CpuProfiles {
  return see(new CpuProfiles(), events);
}

function see(profiles: CpuProfiles, events: readonly Event[]): CpuProfiles {
  const stream = madeStream(CLASSES);
  for (const [name, fields, tid = 7] of events) {
    const made = { name, ns: 0, fields } as MadeEvent;
    const seen = profiles.see(stream.class.eventRecordClasses.find((of) => of.name === made.name)!, stream)!;
    const view = { stream, packet: { context: { vpid: 7, vtid: tid } } } as unknown as Parameters<
      typeof seen.handle
    >[0];
    seen.handle(view, ...(seen.fields ?? []).map((field) => fields[field]));
  }
  return profiles;
}

const SLICE = [fn(1, 0, 'outer'), fn(1, 1, 'inner'), stacks(1, [2, 0, 0], [3, 2, 1])] as const;

function foldedOf({ profiles, functions }: CpuProfiles): string[] {
  return [...foldedText(profiles, functions)].join('').trimEnd().split('\n').sort();
}

// biome-ignore lint/suspicious/noExplicitAny: JSON
function parsed(parts: Iterable<string>): any {
  return JSON.parse([...parts].join(''));
}

describe('profiles of CPU samples', () => {
  it('put equal stacks of different slices together', () => {
    const again = [fn(9, 5, 'inner'), fn(9, 6, 'outer'), stacks(9, [4, 0, 6], [8, 4, 5])];
    expect(foldedOf(profilesOf(...SLICE, samples(1, 10, 3, 3, 2), ...again, samples(9, 13, 8, 4)))).toEqual([
      'process 7;outer (file:///app.js:3:5) 2',
      'process 7;outer (file:///app.js:3:5);inner (file:///app.js:3:5) 3',
    ]);
  });

  it('keep threads apart', () => {
    const other = ([name, fields]: Event): Event => [name, fields, 8];
    const all = profilesOf(...SLICE, samples(1, 10, 2), ...SLICE.map(other), other(samples(1, 10, 3)));
    expect(
      foldedOf(all)
        .map((line) => line.split(';')[0])
        .sort(),
    ).toEqual(['process 7', 'process 7, thread 8']);
  });

  it('count samples whose stack is of another slice, or is not in the trace', () => {
    const lost = profilesOf(...SLICE, samples(1, 10, 3), samples(2, 11, 3, 3));
    expect([lost.sampleCount, lost.unknownCount]).toEqual([3, 2]);
    expect(foldedOf(lost)).toContain('process 7;(unknown) 2');
  });

  it('count samples beyond those that memory allows', () => {
    const profiles = see(new CpuProfiles(2), [...SLICE, samples(1, 10, 2, 3, 3)]);
    expect([profiles.sampleCount, profiles.omittedCount]).toEqual([2, 1]);
  });

  it('show a time without samples as not sampled', () => {
    const { profiles, functions } = profilesOf(...SLICE, samples(1, 10, 2), samples(1, 5010, 3));
    const { profiles: shown, shared } = parsed(speedscopeText(profiles, functions));
    const names = shown[0].samples.map((stack: number[]) => stack.map((at) => shared.frames[at].name).join(';'));
    expect(names).toEqual(['outer', '(not sampled)', 'outer;inner']);
    expect(shown[0].weights).toEqual([1000, 4_999_000, 1000]);
  });

  it('are a cpuprofile whose nodes hold the samples and whose deltas add up', () => {
    const { profiles, functions } = profilesOf(...SLICE, samples(1, 10, 3, 2, 3));
    const { nodes, samples: ids, timeDeltas, startTime, endTime } = parsed(cpuprofileText(profiles[0]!, functions));
    const place = { scriptId: '0', url: 'file:///app.js', lineNumber: 2, columnNumber: 4 };
    expect(nodes.slice(1)).toEqual([
      { id: 2, callFrame: { functionName: 'outer', ...place }, hitCount: 1, children: [3] },
      { id: 3, callFrame: { functionName: 'inner', ...place }, hitCount: 2, children: [] },
    ]);
    expect(nodes[0]).toMatchObject({ id: 1, children: [2], callFrame: { functionName: '(root)' } });
    expect([ids, timeDeltas, startTime, endTime]).toEqual([[3, 2, 3], [0, 1000, 1000], 10_000, 13_000]);
  });

  it('are a profile of pprof with the functions, counts and times of each stack', () => {
    const { profiles, functions } = profilesOf(
      ...SLICE,
      fn(1, 2, 'sort', 'native'),
      stacks(1, [4, 3, 2]),
      samples(1, 10, 4, 2, 4),
    );
    const profile = Profile.decode(Buffer.concat([...pprofBytes(profiles, functions)]));
    const text = (index: unknown) => profile.stringTable.strings[Number(index)];
    const nameOf = (id: unknown) => {
      const { line } = profile.location.find((location) => Number(location.id) === Number(id))!;
      return text(profile.function.find((of) => Number(of.id) === Number(line[0]!.functionId))!.name);
    };
    expect(profile.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ['samples', 'count'],
      ['wall', 'nanoseconds'],
    ]);
    const seen = profile.sample.map(({ locationId, value, label }) => ({
      stack: locationId.map(nameOf),
      value: value.map(Number),
      label: label.map(({ key, str }) => [text(key), text(str)]),
    }));
    const label = [['thread', 'process 7']];
    expect(seen).toEqual([
      { stack: ['outer'], value: [1, 1_000_000], label },
      { stack: ['sort (native)', 'inner', 'outer'], value: [2, 2_000_000], label },
    ]);
    expect(profile.function.map(({ filename, startLine }) => [text(filename), Number(startLine)])).toEqual([
      ['file:///app.js', 3],
      ['file:///app.js', 3],
      ['', 0],
    ]);
    expect(Number(profile.durationNanos)).toBe(3_000_000);
  });

  it('survive sequences of different lengths, cycles, and stacks of hostile depth', () => {
    const deep = Array.from({ length: 5000 }, (_, i) => [i + 1, i, 0] as const);
    const profiles = profilesOf(fn(1, 0, 'a;b\n\u001b'), stacks(1, [9, 8, 0], [8, 9, 0]), stacks(1, ...deep), [
      'node_cpu:samples',
      { slice_id: 1, start_ns: 1e6, period_ns: 1e6, offsets_us: [0, 1], stack_ids: [5000, 1, 1] },
    ]);
    expect([profiles.sampleCount, profiles.unknownCount]).toEqual([2, 1]);
    expect(foldedOf(profiles)).toEqual(['process 7;(unknown) 1', String.raw`process 7;a:b\n\e (file:///app.js:3:5) 1`]);
  });
});
