import { CONTROL_COUNTERS_OFFSET } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { type CounterFile, CounterTable, SHARED_COUNTERS_MAX } from './counter-table.ts';

class FakeFile implements CounterFile {
  readonly slot: number;
  readonly counters = Buffer.alloc(2 * SHARED_COUNTERS_MAX * 8);
  reads = 0;
  broken = false;

  constructor(slot = 0) {
    this.slot = slot;
  }

  read(bytes: Buffer, position: number): void {
    this.reads++;
    if (this.broken) throw new Error('the control file is shorter than it was');
    this.counters.copy(bytes, 0, position - CONTROL_COUNTERS_OFFSET);
  }

  set(index: number, value: number): void {
    this.counters.writeDoubleLE(value, index * 8);
  }
}

function makeTable() {
  const clock = { ms: 0 };
  const table = new CounterTable({ nowMs: () => clock.ms, freshMs: 50 });
  const later = () => {
    clock.ms += 50;
  };
  return { table, later };
}

describe('CounterTable', () => {
  it('sums over threads, each in its slot, and keeps what those that ended have counted', () => {
    const { table, later } = makeTable();
    const [a, b] = [new FakeFile(0), new FakeFile(1)];
    table.join(a);
    const first = table.allocate()!;
    const second = table.allocate()!;
    table.join(b);
    expect([first.indexIn(0), first.indexIn(1), second.indexIn(0)]).toEqual([0, 1, 2]);
    a.set(second.indexIn(0), 3);
    b.set(second.indexIn(1), 4);
    b.set(second.indexIn(0), 1000);
    expect([first.total(), second.total()]).toEqual([0, 7]);
    table.leave(b);
    table.leave(b);
    a.set(second.indexIn(0), 5);
    later();
    expect(second.total()).toBe(9);
  });

  it('counts from when a counter was given out, whatever is in the files', () => {
    const { table, later } = makeTable();
    const [before, joining] = [new FakeFile(), new FakeFile()];
    before.set(0, 10);
    joining.set(0, 100);
    table.join(before);
    const counter = table.allocate()!;
    table.join(joining);
    expect(counter.total()).toBe(0);
    before.set(0, 11);
    joining.set(0, 102);
    later();
    expect(counter.total()).toBe(3);
  });

  it('reads all files once for all that is asked at one time', () => {
    const { table, later } = makeTable();
    const counters = Array.from({ length: 10 }, () => table.allocate()!);
    const file = new FakeFile();
    table.join(file);
    file.reads = 0;
    for (const counter of counters) counter.total();
    expect(file.reads).toBe(1);
    later();
    for (const counter of counters) counter.total();
    expect(file.reads).toBe(2);
  });

  it('takes nothing from a thread whose file has nonsense or cannot be read', () => {
    const { table, later } = makeTable();
    const counter = table.allocate()!;
    const [good, bad] = [new FakeFile(), new FakeFile()];
    table.join(good);
    table.join(bad);
    good.set(0, 1);
    for (const nonsense of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300]) {
      bad.set(0, nonsense);
      later();
      expect(counter.total()).toBe(1);
    }
    bad.broken = true;
    later();
    expect(counter.total()).toBe(1);
    table.leave(bad);
    later();
    expect(counter.total()).toBe(1);
  });

  it('gives out no more than it has, and those first again that were given back first', () => {
    const { table } = makeTable();
    const counters = Array.from({ length: SHARED_COUNTERS_MAX }, () => table.allocate()!);
    expect(table.allocate()).toBeUndefined();
    counters[7]!.release();
    counters[3]!.release();
    counters[7]!.release();
    expect([table.allocate()?.indexIn(0), table.allocate()?.indexIn(0), table.allocate()]).toEqual([14, 6, undefined]);
  });
});
