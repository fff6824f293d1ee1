import { buildArgumentCapture, type FieldSpec, parseFilter } from '@ringtail/ctf';
import { ControlPage, type EventHeaderKind } from '@ringtail/protocol';
import { createRing, Descriptor, ProducerLine, type Ring, RingClock, RingMode } from '@ringtail/ringbuf';
import { afterEach, describe, expect, it } from 'vitest';
import type { ThreadClock } from '../clock/thread-clock.ts';
import type { ContextSource } from '../context/context-source.ts';
import { buildRecorder } from './closure-recorder.ts';
import { compileRecorder } from './compiled-recorder.ts';
import type { Gate, RecorderCondition, RecorderTarget, TriggerTarget } from './recorder-plan.ts';
import { makeWaitingRecorder } from './waiting-recorder.ts';
import type { WrongField, WrongFieldCounts } from './wrong-values.ts';

const u8: FieldSpec = { kind: 'integer', signed: false, bits: 8, base: 10 };
const u64: FieldSpec = { kind: 'integer', signed: false, bits: 64, base: 10 };
const str: FieldSpec = { kind: 'string' };

const rings: Ring[] = [];
afterEach(() => {
  for (const ring of rings.splice(0)) {
    ring.close();
  }
});

function makeRing(mode: RingMode = RingMode.DISCARD): Ring {
  const ring = createRing({
    subBufBytes: 4096,
    subBufCount: 2,
    mode,
    clock: RingClock.MONOTONIC,
    streamClassId: 0,
    uuid: new Uint8Array(16),
    pid: 1,
    tid: 1,
    procname: 'test',
    name: 'test',
    onSubBufClosed: () => {},
  });
  rings.push(ring);
  return ring;
}

/** A clock that shows a chosen time. */
function fakeClock(): ThreadClock & { time: number } {
  const clock = {
    name: 'monotonic',
    time: 1000,
    statement: '',
    expression: 'clock.time',
    constants: {} as Record<string, unknown>,
    read: () => clock.time,
  };
  clock.constants.clock = clock;
  return clock;
}

/** The committed bytes of the ring's open sub-buffer. */
function committed(ring: Ring): string {
  if (ring.producer.openSeq === 0) return '';
  const bytes = ring.producer.u32[ring.producer.d32 + Descriptor.COMMITTED / 4] as number;
  const start = ring.producer.base;
  return Buffer.from(ring.producer.u8.slice(start, start + bytes)).toString('hex');
}

const notCounted: WrongFieldCounts = () => ({ add() {} });

/** A trigger that does nothing but the given actions. */
function triggerTarget(what: Partial<TriggerTarget>): TriggerTarget {
  return { condition: null, counter: null, keys: [], reports: null, capture: null, ...what };
}

const counter = (ring: Ring, offset: number) => ring.producer.f64[offset / 8];

describe.each([
  ['compiled', compileRecorder],
  ['closure-built', buildRecorder],
])('the %s recorder', (_, make) => {
  function setUp(
    specs: FieldSpec[],
    header: EventHeaderKind = 'large',
    id = 3,
    each: Partial<Pick<RecorderTarget, 'contexts' | 'condition' | 'wrongFields'>>[] = [{}],
    triggers: Partial<TriggerTarget>[] = [],
  ) {
    const gate: Gate = { page: new Uint32Array(ControlPage.GENERATION / 4 + 1), inside: 0, failed: () => {} };
    gate.page[ControlPage.GENERATION / 4] = 7;
    const clock = fakeClock();
    const targets = each.map((what) => ({
      ring: makeRing(),
      id,
      header,
      clock,
      contexts: [],
      condition: null,
      wrongFields: notCounted,
      ...what,
    }));
    const stale: unknown[][] = [];
    const record = make({
      event: { name: 'p:e', logLevel: 13, fields: specs.map((spec, i) => ({ name: `f${i}`, spec })) },
      targets: targets.map((target) => ({ ...target, ring: target.ring.producer })),
      triggers: triggers.map(triggerTarget),
      gate,
      site: { on: 7 },
      stale: ((...values: unknown[]) => stale.push(values)) as never,
    }) as (...values: unknown[]) => void;
    return { record, gate, clock, stale, ring: targets[0]?.ring as Ring, rings: targets.map((target) => target.ring) };
  }

  it('writes a long header first and short ones while the clock is near', () => {
    const { record, clock, ring } = setUp([u8]);
    clock.time = 2 ** 32 + 5;
    record(1);
    clock.time += 1;
    record(2);
    clock.time += 2 ** 32;
    record(3);
    // The very first record of a ring is far from "no record", hence long.
    const long = (low: string, high: string) => `ffff03000000${low}${high}`;
    expect(committed(ring)).toBe(
      [long('05000000', '01000000'), '01', '030006000000', '02', long('06000000', '02000000'), '03'].join(''),
    );
  });

  it('writes compact headers of 5 and 27 bits', () => {
    const { record, clock, ring } = setUp([u8], 'compact');
    clock.time = 2 ** 40;
    record(1);
    clock.time += 2 ** 27 - 1;
    record(2);
    const word = Buffer.alloc(4);
    word.writeUInt32LE((((clock.time % 2 ** 27) << 5) | 3) >>> 0);
    expect(committed(ring)).toBe(`1f03000000000000000001000001${word.toString('hex')}02`);
  });

  it('writes identifiers beyond the short form with a long header', () => {
    const { record, ring } = setUp([u8], 'compact', 31);
    record(1);
    record(2);
    expect(committed(ring)).toBe('1f1f000000e80300000000000001'.concat('1f1f000000e80300000000000002'));
  });

  it('counts an event whose value cannot be converted as failed and leaves nothing of it', () => {
    const { record, ring, gate } = setUp([str, u64]);
    record('x', Symbol('no number'));
    expect(committed(ring)).toBe('');
    expect(counter(ring, ProducerLine.FAILED)).toBe(1);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(0);
    expect(gate.inside).toBe(0);
    record('x', 1n);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(1);
  });

  it('drops and counts an event that is hit inside a recorder', () => {
    const { record, ring } = setUp([str]);
    record({
      toString() {
        record('inner');
        return 'outer';
      },
    });
    expect(counter(ring, ProducerLine.NESTED)).toBe(1);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(1);
    expect(Buffer.from(committed(ring), 'hex').toString('latin1')).toContain('outer');
  });

  it('discards and counts a record that exceeds a sub-buffer, and goes on', () => {
    const { record, ring } = setUp([str]);
    record('x'.repeat(5000));
    record('y');
    expect(counter(ring, ProducerLine.DISCARDED_BIG)).toBe(1);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(1);
  });

  it('takes a text whose upper bound exceeds the sub-buffer but whose bytes fit', () => {
    const { record, ring } = setUp([str]);
    record('x'.repeat(4000));
    expect(counter(ring, ProducerLine.RECORDED)).toBe(1);
  });

  it('discards and counts when no sub-buffer is free', () => {
    const { record, ring } = setUp([str]);
    for (let i = 0; i < 10; i++) record('x'.repeat(2000));
    expect(counter(ring, ProducerLine.RECORDED)).toBe(4);
    expect(counter(ring, ProducerLine.DISCARDED_FULL)).toBe(6);
  });

  it('records the same event into several rings with one clock value', () => {
    const { record, rings: both } = setUp([u8, str], 'large', 3, [{}, {}]);
    record(1, 'a');
    expect(committed(both[0] as Ring)).toBe(committed(both[1] as Ring));
    expect(committed(both[0] as Ring)).not.toBe('');
  });

  /** Counts of wrong values, and the fields that they are about. */
  function wrongFields() {
    const fields: WrongField[] = [];
    const counts: number[] = [];
    const target: WrongFieldCounts = (field) => {
      const at = fields.push(field) - 1;
      counts[at] = 0;
      return { add: () => (counts[at] = (counts[at] as number) + 1) };
    };
    return { target, fields, counts };
  }

  it('counts the fields of recorded events that were given wrong values, each once an event', () => {
    const { target, fields, counts } = wrongFields();
    const list: FieldSpec = { kind: 'sequence', element: u8 };
    const { record, ring } = setUp([u8, str, list], 'large', 3, [{ wrongFields: target }]);
    record(1, 'right', [1]);
    record({ id: 2 }, undefined, []);
    record(300, 'x', [256, -1, 'secret']);
    record(-1, 7, [0]);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(4);
    expect(fields).toEqual([
      { event: 'p:e', field: 'f0', fieldType: 'u8', first: 'an object' },
      { event: 'p:e', field: 'f1', fieldType: 'str', first: 'undefined' },
      { event: 'p:e', field: 'f2[]', fieldType: 'u8', first: 'a number above the range' },
    ]);
    expect(counts).toEqual([3, 2, 1]);
  });

  it('counts wrong values of events that fail, and none of discarded events', () => {
    const { target, fields, counts } = wrongFields();
    const { record, ring } = setUp([u8, str], 'large', 3, [{ wrongFields: target }]);
    record(-1, 'x'.repeat(5000));
    record(1, 'right');
    expect(counts).toEqual([]);
    record(7n, 'right');
    expect([ProducerLine.FAILED, ProducerLine.DISCARDED_BIG].map((line) => counter(ring, line))).toEqual([1, 1]);
    record(-1, 'right');
    expect(fields).toMatchObject([{ field: 'f0', first: 'a bigint' }]);
    expect(counts).toEqual([2]);
  });

  it('counts wrong values where the event is recorded, and contexts where they are', () => {
    const all = [wrongFields(), wrongFields(), wrongFields()];
    const source: ContextSource = { field: { name: '_app_shop_tenant', spec: { kind: 'dynamic' } }, read: () => ({}) };
    const internal: ContextSource = { field: { name: 'cpu_id', spec: u8 }, read: () => -1 };
    const condition = { anyOf: [parseFilter('f0 == 7')], lookUpContext: () => undefined };
    const { record } = setUp([u8], 'large', 3, [
      { wrongFields: all[0]?.target as WrongFieldCounts, contexts: [source, internal] },
      { wrongFields: all[1]?.target as WrongFieldCounts, contexts: [internal] },
      { wrongFields: all[2]?.target as WrongFieldCounts, condition },
    ]);
    record(-1);
    record(2);
    const counted = all.map(({ fields, counts }) =>
      Object.fromEntries(fields.map(({ field }, i) => [field, counts[i]])),
    );
    expect(counted).toEqual([{ f0: 1, _app_shop_tenant: 2 }, { f0: 1 }, {}]);
    expect(all[0]?.fields.find(({ field }) => field !== 'f0')).toMatchObject({
      fieldType: 'context',
      first: 'an object',
    });
  });

  it('calls `stale` once the generation has changed', () => {
    const { record, gate, stale, ring } = setUp([u8, u8]);
    gate.page[ControlPage.GENERATION / 4] = 8;
    record(1, 2);
    expect(stale).toEqual([[1, 2]]);
    expect(committed(ring)).toBe('');
  });

  describe('with contexts', () => {
    const source = (spec: FieldSpec, read: () => unknown): ContextSource => ({ field: { name: 'c', spec }, read });

    it('writes them between header and payload, each read once, in the order of each channel', () => {
      const reads: string[] = [];
      const number = source(u8, () => reads.push('number') + 0x40);
      const name = source(str, () => {
        reads.push('name');
        return 'n';
      });
      const list = source({ kind: 'sequence', element: str }, () => ['a']);
      const inline: ContextSource = {
        ...source(u8, () => 9),
        inline: { expression: 'nine.value', constants: { nine: { value: 9 } } },
      };
      const { record, rings: all } = setUp([str, u8], 'large', 3, [
        { contexts: [number, name] },
        { contexts: [name, number, inline] },
        {},
        { contexts: [number, name] },
        { contexts: [list] },
      ]);
      record('p', 7);
      record('q', 8);
      const short = (text: string) => `0300e8030000${text}`;
      expect(all.map(committed)).toEqual([
        `0300e8030000416e00700007${short('436e00710008')}`,
        `0300e80300006e004109700007${short('6e004309710008')}`,
        `0300e8030000700007${short('710008')}`,
        `0300e8030000416e00700007${short('436e00710008')}`,
        `0300e8030000010000006100700007${short('010000006100710008')}`,
      ]);
      expect(reads).toEqual(['number', 'name', 'number', 'name']);
    });

    it('counts an event whose context cannot be read as failed', () => {
      const broken = source(u8, () => {
        throw new Error('broken');
      });
      const { record, ring } = setUp([u8], 'large', 3, [{ contexts: [broken] }]);
      record(1);
      expect(committed(ring)).toBe('');
      expect(counter(ring, ProducerLine.FAILED)).toBe(1);
    });
  });

  describe('with filters', () => {
    const cpu: ContextSource = { field: { name: 'cpu_id', spec: u8 }, read: () => 3 };
    const condition = (...filters: string[]): { condition: RecorderCondition } => ({
      condition: {
        anyOf: filters.map(parseFilter),
        lookUpContext: (name) => (name === 'cpu_id' ? cpu : undefined),
      },
    });
    const recorded = (all: Ring[]) => all.map((ring) => counter(ring, ProducerLine.RECORDED));

    it('records where any filter of a channel is true, and where there is none', () => {
      const {
        record,
        rings: all,
        gate,
      } = setUp([u8, str], 'large', 3, [condition('f0 == 1', 'f1 == "b*"'), condition('f0 > 1'), {}]);
      record(1, 'a');
      record(2, 'bee');
      record(3, 'c');
      expect(recorded(all)).toEqual([2, 2, 3]);
      expect(gate.inside).toBe(0);
    });

    it('leaves the ring and the values alone where no filter is true', () => {
      const { record, ring, gate, clock } = setUp([u8, str], 'large', 3, [condition('f0 == 1')]);
      const value = {
        toString() {
          throw new Error('converted');
        },
      };
      const before = ring.producer.u8.slice(0, 4096);
      clock.read = () => {
        throw new Error('clock read');
      };
      record(2, value);
      expect(ring.producer.u8.slice(0, 4096)).toEqual(before);
      expect(gate.inside).toBe(0);
    });

    it('knows contexts that are not recorded', () => {
      const { record, rings: all } = setUp([u8], 'large', 3, [
        condition('$ctx.cpu_id == f0'),
        condition('$ctx.other == 0 || f0'),
      ]);
      for (const value of [2, 3, 4]) record(value);
      expect(recorded(all)).toEqual([1, 0]);
    });

    it('counts an event as failed only where a filter throws', () => {
      const { record, rings: all } = setUp(
        [str, { kind: 'structure', members: [{ name: 'x', spec: u8 }] }],
        'large',
        3,
        [condition('f0 == "go" && f1.x == 1'), condition('f0 == "go"')],
      );
      let reads = 0;
      const once = {
        get x() {
          if (++reads === 1) throw new Error('not yet');
          return 1;
        },
      };
      record('stay', once);
      expect(reads).toBe(0);
      record('go', once);
      expect(recorded(all)).toEqual([0, 1]);
      expect(all.map((ring) => counter(ring, ProducerLine.FAILED))).toEqual([1, 0]);
      record('go', once);
      expect(recorded(all)).toEqual([1, 2]);
    });

    it('records a list that can be read only once although filters looked at it', () => {
      const { record, rings: all } = setUp([{ kind: 'sequence', element: u8 }], 'large', 3, [
        condition('f0[1] == 6'),
        condition('f0[0] == 5'),
      ]);
      record([5, 6].values());
      expect(committed(all[0] as Ring)).toMatch(/020000000506$/);
      expect(committed(all[1] as Ring)).toMatch(/020000000506$/);
    });

    it('counts evaluations of filters, and those where none was true, if it has counters', () => {
      const f64 = new Float64Array(4);
      const { condition: plain } = condition('f0 == 1', 'f0 == 2');
      const counted = { ...(plain as RecorderCondition), counters: { f64, evaluated: 1, rejected: 3 } };
      const { record, rings: all } = setUp([u8], 'large', 3, [{ condition: counted }, condition('f0 == 9')]);
      for (const value of [1, 2, 3, 4, 5]) record(value);
      expect([...f64]).toEqual([0, 5, 0, 3]);
      expect(recorded(all)).toEqual([2, 0]);
      record(Symbol('no number'));
      expect([...f64]).toEqual([0, 6, 0, 3]);
    });

    it('drops and counts an event that is hit inside a filter', () => {
      const { record, ring } = setUp([str], 'large', 3, [condition('f0 == "outer"')]);
      record({
        toString() {
          record('outer');
          return 'outer';
        },
      });
      expect(counter(ring, ProducerLine.NESTED)).toBe(2);
      expect(counter(ring, ProducerLine.RECORDED)).toBe(1);
    });
  });
});

describe.each([
  ['compiled', compileRecorder],
  ['closure-built', buildRecorder],
])('the %s recorder with triggers', (_, make) => {
  const scope = {
    fields: [
      { name: 'f0', spec: u8 },
      { name: 'f1', spec: str },
    ],
    lookUpContext: () => undefined,
  };
  const when = (filter: string): RecorderCondition => ({
    anyOf: [parseFilter(filter)],
    lookUpContext: () => undefined,
  });

  /** What it did, in the order in which it did it. */
  function setUp(targets: Partial<RecorderTarget>[], triggers: Partial<TriggerTarget>[], fields = scope.fields) {
    const gate: Gate = { page: new Uint32Array(ControlPage.GENERATION / 4 + 1), inside: 0, failed: () => {} };
    const clock = fakeClock();
    const used = targets.map(() => makeRing());
    const stale: unknown[][] = [];
    const record = make({
      event: { name: 'p:e', logLevel: 13, fields },
      targets: targets.map((what, i) => ({
        ring: (used[i] as Ring).producer,
        id: 3,
        header: 'large' as const,
        clock,
        contexts: [],
        condition: null,
        wrongFields: notCounted,
        ...what,
      })),
      triggers: triggers.map(triggerTarget),
      gate,
      site: { on: 0 },
      stale: ((...values: unknown[]) => stale.push(values)) as never,
    }) as (...values: unknown[]) => void;
    return { record, rings: used, gate, clock, stale };
  }

  /** Notes each report, and the number of events in the ring at that time. */
  function notes(ring?: () => Ring) {
    const told: unknown[] = [];
    const reports = {
      matched: (captures: readonly unknown[]) => {
        told.push(ring === undefined ? captures : [...captures, counter(ring(), ProducerLine.RECORDED)]);
      },
      missed: () => {
        told.push('missed');
      },
    };
    return { told, reports };
  }

  const capture = (...expressions: string[]) =>
    buildArgumentCapture(expressions.map(parseFilter), scope, { textLengthMax: 100, elementsMax: 100 });

  it('counts the events that match the rules, without a ring, reading no clock and converting nothing', () => {
    const f64 = new Float64Array(3);
    const { record, clock, gate } = setUp(
      [],
      [
        { counter: { f64, index: 0 } },
        { counter: { f64, index: 1 }, condition: when('f0 == 1') },
        { counter: { f64, index: 2 }, condition: when('f0 > 9') },
      ],
    );
    clock.read = () => {
      throw new Error('clock read');
    };
    const value = {
      toString() {
        throw new Error('converted');
      },
    };
    for (const number of [1, 2, 1]) record(number, value);
    expect([...f64]).toEqual([3, 2, 0]);
    expect(gate.inside).toBe(0);
  });

  it('does nothing at all where no filter is true', () => {
    const { told, reports } = notes();
    const { record, gate } = setUp([], [{ reports, condition: when('f0 == 1'), capture: capture('f1') }]);
    record(2, {
      toString() {
        throw new Error('converted');
      },
    });
    expect(told).toEqual([]);
    expect(gate.inside).toBe(0);
  });

  it('reports with the captures, once the event is recorded', () => {
    const { told, reports } = notes(() => setup.rings[0] as Ring);
    const setup = setUp(
      [{}],
      [
        { reports, capture: capture('f1', 'f0', 'f2') },
        { reports, condition: when('f1 == "b*"') },
      ],
    );
    setup.record(1, 'a');
    setup.record(2, 'bee');
    expect(told).toEqual([['a', 1, null, 1], ['bee', 2, null, 2], [2]]);
  });

  it.each([
    ['what is not recorded', 'f0 == 9', 'f0 == 1', [0], ['matched']],
    ['not what is recorded and does not match', 'f0 == 1', 'f0 == 9', [1], []],
    ['what is both', 'f0 == 1', 'f0 == 1', [1], ['matched']],
    ['nothing of what is neither', 'f0 == 9', 'f0 == 9', [0], []],
  ])('is set off by %s', (_what, recorded, matched, inRings, expected) => {
    const { told, reports } = notes();
    const {
      record,
      rings: used,
      gate,
    } = setUp([{ condition: when(recorded) }], [{ reports, condition: when(matched) }]);
    record(1, 'a');
    expect(used.map((ring) => counter(ring, ProducerLine.RECORDED))).toEqual(inRings);
    expect(told.map(() => 'matched')).toEqual(expected);
    expect(gate.inside).toBe(0);
  });

  it('is set off by an event that could not be recorded', () => {
    const { told, reports } = notes();
    const { record, rings: used } = setUp([{}], [{ reports }]);
    record(Symbol('no number'), 'a');
    expect(counter(used[0] as Ring, ProducerLine.FAILED)).toBe(1);
    expect(told).toEqual([[]]);
  });

  it('reports an event that it cannot check: hit inside a recorder, or a filter that throws', () => {
    const { told, reports } = notes();
    const f64 = new Float64Array(2);
    const { record, gate } = setUp(
      [],
      [{ reports, condition: when('f1 == "outer"'), counter: { f64, index: 0 } }, { counter: { f64, index: 1 } }],
    );
    record(1, {
      toString() {
        record(1, 'outer');
        throw new Error('no text');
      },
    });
    expect(told).toEqual(['missed', 'missed']);
    expect([...f64]).toEqual([0, 2]);
    expect(gate.inside).toBe(0);
  });

  it('reports and records the elements of a list that can be read only once', () => {
    const fields = [{ name: 'f0', spec: { kind: 'sequence', element: u8 } as FieldSpec }];
    const { told, reports } = notes();
    const limits = { textLengthMax: 9, elementsMax: 9 };
    const list = buildArgumentCapture([parseFilter('f0')], { ...scope, fields }, limits);
    const { record, rings: used } = setUp(
      [{}],
      [
        { reports, capture: list },
        { reports, capture: list },
      ],
      fields as never,
    );
    record([5, 6].values());
    expect(told).toEqual([[[5, 6]], [[5, 6]]]);
    expect(committed(used[0] as Ring)).toMatch(/020000000506$/);
  });

  it('takes any number of triggers', () => {
    const f64 = new Float64Array(200);
    const { told, reports } = notes();
    const { record } = setUp(
      [],
      Array.from({ length: 200 }, (_, index) => ({
        counter: { f64, index },
        ...(index % 2 === 1 && { condition: when(`f0 == ${index}`), reports, capture: capture('f1') }),
      })),
    );
    record(101, 'x');
    record(7, 'y');
    expect(told).toEqual([['x'], ['y']]);
    expect([...f64].map((count, index) => count - (index % 2 === 0 ? 2 : 0)).filter((count) => count !== 0)).toEqual([
      1, 1,
    ]);
    expect([f64[7], f64[101]]).toEqual([1, 1]);
  });

  it.each([
    ['three', 0],
    ['more than are inlined', 30],
  ])('counts an event once in a counter that some of %s triggers share', (_, others) => {
    const f64 = new Float64Array(9);
    const once = { f64, index: 7, counted: false };
    const alone = { f64, index: 8, counted: false };
    const { record, gate } = setUp(
      [],
      [
        ...Array.from({ length: others }, () => ({ counter: { f64, index: 6 } })),
        { keys: [once], counter: { f64, index: 0 }, condition: when('f0 > 0') },
        { keys: [once], counter: { f64, index: 1 }, condition: when('f0 > 1') },
        { keys: [alone], counter: { f64, index: 2 } },
        { keys: [once, once], counter: { f64, index: 3 }, condition: when('f0 > 2') },
      ],
    );
    for (const number of [0, 1, 2, 3, 1, 0]) record(number, '');
    expect([...f64]).toEqual([4, 2, 6, 1, 0, 0, others * 6, 4, 6]);
    gate.inside = 1;
    record(3, '');
    expect([...f64]).toEqual([4, 2, 7, 1, 0, 0, others * 7, 4, 7]);
  });

  it('calls `stale` once the generation has changed', () => {
    const f64 = new Float64Array(1);
    const { record, gate, stale } = setUp([], [{ counter: { f64, index: 0 } }]);
    gate.page[ControlPage.GENERATION / 4] = 8;
    record(1, 'a');
    expect(stale).toEqual([[1, 'a']]);
    expect(f64[0]).toBe(0);
  });
});

describe('the recorder of a tracepoint that waits for identifiers', () => {
  function setUp(filter: string) {
    const gate: Gate = { page: new Uint32Array(ControlPage.GENERATION / 4 + 1), inside: 0, failed: () => {} };
    const ring = makeRing();
    const stale: unknown[][] = [];
    const channel = {
      condition: { anyOf: [parseFilter(filter)], lookUpContext: () => undefined },
      discarded: 0,
      mayGetFurther: () => channel.isAnswered,
      isAnswered: false,
      countDiscarded: () => channel.discarded++,
    };
    const target = { ring: ring.producer, id: 3, header: 'large' as const, clock: fakeClock() };
    const record = makeWaitingRecorder(
      {
        event: { name: 'p:e', logLevel: 13, fields: [{ name: 'f0', spec: str }] },
        targets: [{ ...target, contexts: [], condition: null, wrongFields: notCounted }],
        triggers: [],
        gate,
        site: { on: 0 },
        stale: ((...values: unknown[]) => stale.push(values)) as never,
      },
      [channel],
    ) as (value: unknown) => void;
    return { record, channel, stale, ring, gate };
  }

  it('records where there is an identifier, and counts wanted events where there is none', () => {
    const { record, channel, ring, stale } = setUp('f0 == "a"');
    for (const value of ['a', 'b', 'a']) record(value);
    expect(counter(ring, ProducerLine.RECORDED)).toBe(3);
    expect(channel.discarded).toBe(2);
    expect(stale).toEqual([]);
  });

  it('asks for its identifier once that may be there, and when the generation has changed', () => {
    const { record, channel, stale, ring, gate } = setUp('f0 == "a"');
    channel.isAnswered = true;
    record('a');
    channel.isAnswered = false;
    gate.page[ControlPage.GENERATION / 4] = 8;
    record('b');
    expect(stale).toEqual([['a'], ['b']]);
    expect([channel.discarded, counter(ring, ProducerLine.RECORDED)]).toEqual([0, 0]);
  });

  it('takes no harm from a value that hits the tracepoint itself, or throws', () => {
    const { record, channel, ring, gate } = setUp('f0 == "outer"');
    record({
      toString() {
        record('inner');
        throw new Error('no text');
      },
    });
    expect(channel.discarded).toBe(3);
    expect(counter(ring, ProducerLine.NESTED)).toBe(2);
    expect(counter(ring, ProducerLine.FAILED)).toBe(1);
    expect(gate.inside).toBe(0);
  });
});
