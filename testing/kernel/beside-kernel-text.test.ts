/** Compares decoded pages of this machine's kernel with the text that the kernel itself makes of them. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  declarationOf,
  type EventDeclaration,
  kernelEventTranscoder,
} from '../../packages/kernel/src/events/event-declaration.ts';
import type { EventFormat, FormatField } from '../../packages/kernel/src/formats/event-format.ts';
import { type KernelEvent, recordFields } from '../../packages/kernel/src/formats/kernel-event.ts';
import type { RecordField } from '../../packages/kernel/src/formats/record-field.ts';
import { isLeftOut, lttngFieldName } from '../../packages/kernel/src/names/lttng-names.ts';
import { PageWalker } from '../../packages/kernel/src/pages/page-walker.ts';
import { type DecodedRecord, decodePacket } from '../../packages/kernel/src/testing/decode-records.test.support.ts';
import type { TracefsInstance } from '../../packages/kernel/src/tracefs/instance.ts';
import { openTracefs } from '../../packages/kernel/src/tracefs/tracefs.ts';
import { PacketFiller } from '../../packages/kernel/src/transcode/packet-filler.ts';
import { requireKernelTracing } from '../kernel-tracing.ts';

const isThere = requireKernelTracing('decoded pages beside the text of the kernel');

const SYSTEMS = [
  'block',
  'ext4',
  'filemap',
  'irq',
  'kmem',
  'net',
  'raw_syscalls',
  'sched',
  'signal',
  'skb',
  'sock',
].concat(['syscalls', 'task', 'timer', 'workqueue', 'writeback']);
const PACKET_BYTES = 64 * 1024 * 1024;
const DIFFERENCES_MAX = 10;
const LINE = /-(\d+) +\[(\d+)\] \S+ +(\d+): ([\w.]+):(?: (.*))?$/;

interface Known {
  readonly event: KernelEvent;
  readonly format: EventFormat;
  readonly declaration: EventDeclaration;
}

function knownEvents(): ReadonlyMap<number, Known> {
  const tracefs = openTracefs();
  const events = tracefs.events().map((event) => {
    const format = tracefs.format(event);
    return [format.id, { event, format, declaration: declarationOf(event, format) }] as const;
  });
  return new Map(events);
}

describe.skipIf(!isThere)('the formats of this kernel', () => {
  it('are all understood, with numbers and names of their own', () => {
    const known = knownEvents();
    expect(known.size).toBeGreaterThan(300);
    expect(known.size).toBe(openTracefs().events().length);
    const names = [...known.values()].map(({ event }) => event.name);
    expect([...new Set(names.filter((name, idx) => names.indexOf(name) !== idx))]).toEqual([]);
  });

  it('become metadata that our reader understands, and code that runs', () => {
    const known = knownEvents();
    const events = new Map(Array.from(known, ([id, { declaration }]) => [id, declaration]));
    const filler = new PacketFiller({
      capacityBytes: PACKET_BYTES,
      contexts: ['tid'],
      transcoderOf: transcoders(known),
    });
    const walker = new PageWalker();
    for (const id of known.keys()) {
      const record = new Uint32Array(256);
      record.set([0, 1, 4 * 252, 0, 0, 4 * 251, id, 42]);
      walker.load(record, record.byteLength);
      expect(filler.fill(walker, record, new Uint8Array(record.buffer))).toBe(true);
    }
    expect([filler.failed, filler.recordCount]).toEqual([0, known.size]);
    const decoded = decodePacket(filler, events, { contexts: ['tid'] });
    expect(decoded.map(({ name }) => name)).toEqual(Array.from(known.values(), ({ event }) => event.name));
    expect(new Set(decoded.map(({ tid }) => tid))).toEqual(new Set([42]));
  });
});

describe.skipIf(!isThere)('decoded pages beside the text of the kernel', () => {
  const instances: TracefsInstance[] = [];
  afterAll(() => {
    for (const instance of instances) instance.remove();
  });

  it.each([4096, 65_536])('agree in every event, time and value, with sub-buffers of %i bytes', (subBufBytes) => {
    const known = knownEvents();
    const instance = openTracefs().makeInstance(`ringtail-test-${process.pid}-${subBufBytes}`);
    instances.push(instance);
    // Only this clock has its whole value in the text.
    const clock = openTracefs().clocks().includes('x86-tsc') ? 'x86-tsc' : 'counter';
    const sizes = instance.configure({ subBufBytes, bytesPerCpu: 8 * 1024 * 1024, overwrites: false, clock });
    instance.write('options/fields', '1');
    const wanted = [...known.values()].filter(({ event }) => SYSTEMS.includes(event.system));
    instance.setEvents(
      wanted.map(({ event }) => event),
      true,
    );
    instance.setTracing(true);
    work();
    instance.setTracing(false);
    const comparison = new Comparison(known);
    for (const cpu of instance.cpus()) {
      const { entries } = instance.stats(cpu);
      const lines = readFileSync(join(instance.path, `per_cpu/cpu${cpu}/trace`), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      const decoded = decodeCpu(instance, cpu, sizes.subBufBytes, known);
      expect(decoded).toHaveLength(entries);
      expect(lines).toHaveLength(entries);
      expect(instance.stats(cpu).read).toBe(entries);
      for (const [idx, record] of decoded.entries()) comparison.compare(record, lines[idx] as string);
    }
    expect(comparison.differences).toEqual([]);
    expect(comparison.kinds.size).toBeGreaterThan(40);
    expect(comparison.values).toBeGreaterThan(10_000);
  });
});

/** Makes events of several systems. */
function work(): void {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-kernel-'));
  try {
    for (let i = 0; i < 200; i++) {
      const file = join(directory, `f${i}`);
      writeFileSync(file, Buffer.alloc(5000));
      readFileSync(file);
    }
    execFileSync('sh', ['-c', 'for i in 1 2 3 4 5; do ls -l /usr >/dev/null; kill -0 $$; done; sync -f .'], {
      cwd: directory,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function transcoders(known: ReadonlyMap<number, Known>) {
  return (id: number) => {
    const found = known.get(id);
    return found && kernelEventTranscoder(found.declaration);
  };
}

function decodeCpu(
  instance: TracefsInstance,
  cpu: number,
  subBufBytes: number,
  known: ReadonlyMap<number, Known>,
): DecodedRecord[] {
  const path = join(instance.path, `per_cpu/cpu${cpu}/trace_pipe_raw`);
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const events = new Map(Array.from(known, ([id, { declaration }]) => [id, declaration]));
  const filler = new PacketFiller({ capacityBytes: PACKET_BYTES, contexts: ['tid'], transcoderOf: transcoders(known) });
  const walker = new PageWalker();
  const page = new Uint32Array(subBufBytes / 4);
  const bytes = new Uint8Array(page.buffer);
  try {
    for (let left = instance.stats(cpu).entries; left > 0; left = instance.stats(cpu).entries) {
      walker.load(page, readSync(file, bytes));
      expect(filler.fill(walker, page, bytes)).toBe(true);
      expect([walker.damage, filler.failed]).toEqual([undefined, 0]);
    }
    return filler.recordCount === 0 ? [] : decodePacket(filler, events, { contexts: ['tid'] });
  } finally {
    closeSync(file);
  }
}

/** Compares records with their lines. */
class Comparison {
  /** Values that could be compared. */
  values = 0;
  readonly kinds = new Set<string>();
  readonly differences: string[] = [];
  readonly #byName: ReadonlyMap<string, Known & { readonly text: RegExp; readonly fields: Map<string, RecordField> }>;

  constructor(known: ReadonlyMap<number, Known>) {
    this.#byName = new Map(
      Array.from(known.values(), (found) => {
        const { event, format } = found;
        const text = new RegExp(`^${format.fields.map(({ name }) => `${name}=(.*)`).join(' ')}$`);
        const fields = new Map(recordFields(event.system, format).map((field) => [field.name, field]));
        return [event.name, { ...found, text, fields }] as const;
      }),
    );
  }

  compare(record: DecodedRecord, line: string): void {
    const [, tid, , stamp, kernelName, text = ''] = LINE.exec(line) ?? [];
    const found = this.#byName.get(record.name);
    this.kinds.add(record.name);
    if (found === undefined || found.event.kernelName !== kernelName) {
      this.#differs('the name', record, line);
      return;
    }
    if (String(record.cycles) !== stamp) this.#differs('the time', record, line);
    if (String(record.tid) !== tid) this.#differs('the thread', record, line);
    const texts = found.text.exec(text.trimEnd());
    // A text in a field may look like the next field.
    if (texts === null) return;
    const { system } = found.event;
    for (const [idx, field] of found.format.fields.entries()) {
      if (isLeftOut(system, field.name)) continue;
      const recorded = found.fields.get(lttngFieldName(system, field.name)) ?? found.fields.get(field.name);
      if (recorded === undefined) throw new Error(`${record.name} lacks ${field.name}`);
      const pair = comparable(field, recorded, record.fields[recorded.name], texts[idx + 1] as string);
      if (pair === undefined) continue;
      this.values += 1;
      if (pair[0] !== pair[1]) this.#differs(field.name, record, line);
    }
  }

  #differs(place: string, { fields }: DecodedRecord, line: string): void {
    if (this.differences.length < DIFFERENCES_MAX) {
      this.differences.push(`${place}: ${Object.entries(fields).join(' ')} and not ${line}`);
    }
  }
}

/** Value and text of a field in one form; undefined where the kernel does not print the value. */
function comparable(
  { type }: FormatField,
  recorded: RecordField,
  value: unknown,
  text: string,
): readonly [unknown, unknown] | undefined {
  if (recorded.kind === 'text' || recorded.kind === 'string') return [value, text];
  if (recorded.kind !== 'integer') return undefined;
  const hexadecimal = /^0x([0-9a-f]+)(?: \(|$)/.exec(text)?.[1];
  // Names of functions are followed by the low half of their address.
  const decimal = /\((-?\d+)\)$/.exec(text)?.[1];
  if (hexadecimal === undefined && decimal === undefined) return undefined;
  if (hexadecimal === undefined && type.includes('*')) return undefined;
  const bits = hexadecimal === undefined ? Math.min(32, 8 * recorded.shape.bytes) : 8 * recorded.shape.bytes;
  const expected = hexadecimal === undefined ? BigInt(decimal as string) : BigInt(`0x${hexadecimal}`);
  return [BigInt.asUintN(bits, BigInt(value as number) + BigInt(recorded.minus)), BigInt.asUintN(bits, expected)];
}
