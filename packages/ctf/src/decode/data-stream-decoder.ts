import type { AnyInteger } from '../model/class-facts.ts';
import type { FieldClass, FieldScope, IntegerRole, StructureFieldClass } from '../model/field-class.ts';
import { clockNameIn } from '../model/field-class-walk.ts';
import { linkDataStreamClass } from '../model/link.ts';
import type { DataStreamLinks, Links } from '../model/links.ts';
import type { ClockClass, DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import type { Cursor, RoleValues } from './cursor.ts';
import { type DecoderContext, fieldDecoder } from './field-decoder.ts';
import type { FieldDecoder } from './structure-decoder.ts';

const ROLE_PROPERTIES: Readonly<Record<IntegerRole, Exclude<keyof RoleValues, 'metadataUuid'>>> = {
  'packet-magic-number': 'magic',
  'data-stream-class-id': 'dataStreamClassId',
  'data-stream-id': 'dataStreamId',
  'packet-total-length': 'totalBits',
  'packet-content-length': 'contentBits',
  'packet-end-default-clock-timestamp': 'endCycles',
  'packet-sequence-number': 'sequenceNumber',
  'discarded-event-record-counter-snapshot': 'discardedEvents',
  'default-clock-timestamp': 'beginCycles',
  'event-record-class-id': 'eventRecordClassId',
};

export interface EventRecordDecoder {
  readonly class: EventRecordClass;
  readonly specificContext: FieldDecoder | undefined;
  readonly payload: FieldDecoder | undefined;
}

/** Decodes the packet header, which is the same for all data streams of a trace. */
function packetHeaderDecoder(trace: TraceClass): FieldDecoder | undefined {
  if (trace.packetHeader === undefined) return undefined;
  // Fields of a packet header depend on no later field, so linking needs no particular data stream class.
  const none = { id: 0n, eventRecordClasses: [] };
  const { common } = linkDataStreamClass({ ...trace, dataStreamClasses: [] }, none);
  const context = { links: [common], keepValues: true, effectOf: effects('packet-header') };
  return fieldDecoder(trace.packetHeader, 'packet-header', context);
}

/**
 * The compiled decoders of a data stream class. They keep no state, so data streams share them. Decoders of event
 * record classes are compiled when they are first needed.
 */
export class DataStreamDecoder {
  readonly class: DataStreamClass;
  readonly links: DataStreamLinks;
  readonly clockClass: ClockClass | undefined;
  readonly packetHeader: FieldDecoder | undefined;
  readonly packetContext: FieldDecoder | undefined;
  readonly eventRecordHeader: FieldDecoder | undefined;
  readonly eventRecordCommonContext: FieldDecoder | undefined;

  readonly #classById = new Map<number | bigint, EventRecordClass>();
  readonly #decoderById = new Map<number | bigint, EventRecordDecoder>();
  /** Class of records without an identifier. */
  readonly #unnamed: EventRecordClass | undefined;

  constructor(trace: TraceClass, dataStreamClass: DataStreamClass, keepsHeaders = false) {
    this.class = dataStreamClass;
    this.links = linkDataStreamClass(trace, dataStreamClass);
    this.clockClass = clockClassOf(trace, dataStreamClass);
    this.packetHeader = this.#compile('packet-header', trace.packetHeader);
    this.packetContext = this.#compile('packet-context', dataStreamClass.packetContext);
    this.eventRecordHeader = this.#compile('event-record-header', dataStreamClass.eventRecordHeader, [], keepsHeaders);
    this.eventRecordCommonContext = this.#compile(
      'event-record-common-context',
      dataStreamClass.eventRecordCommonContext,
    );
    for (const eventRecordClass of dataStreamClass.eventRecordClasses) {
      const { id } = eventRecordClass;
      this.#classById.set(id <= Number.MAX_SAFE_INTEGER ? Number(id) : id, eventRecordClass);
    }
    this.#unnamed = classWithoutId(trace, dataStreamClass.eventRecordClasses);
  }

  /** @param id from the event record header; undefined means the only class there is */
  eventRecordDecoder(id: number | bigint | undefined): EventRecordDecoder | undefined {
    const known = this.#decoderById.get(id ?? -1);
    if (known !== undefined) return known;
    const eventRecordClass = id === undefined ? this.#unnamed : this.#classById.get(id);
    if (eventRecordClass === undefined) return undefined;
    const own = [this.links.eventRecordClasses.get(eventRecordClass)!];
    const decoder = {
      class: eventRecordClass,
      specificContext: this.#compile('event-record-specific-context', eventRecordClass.specificContext, own),
      payload: this.#compile('event-record-payload', eventRecordClass.payload, own),
    };
    this.#decoderById.set(id ?? -1, decoder);
    return decoder;
  }

  /** A decoder for a field within an event record, whose values are kept. */
  fieldDecoder(fieldClass: FieldClass, place: string, eventRecordClass: EventRecordClass): FieldDecoder {
    const links = [this.links.eventRecordClasses.get(eventRecordClass)!, this.links.common];
    return fieldDecoder(fieldClass, place, { links, keepValues: true, effectOf: () => undefined });
  }

  #compile(scope: FieldScope, root: StructureFieldClass | undefined, own: readonly Links[] = [], keepValues = true) {
    if (root === undefined) return undefined;
    const links = [...own, this.links.common];
    const context: DecoderContext = { links, keepValues, effectOf: effects(scope) };
    return fieldDecoder(root, scope, context);
  }
}

type Effect = (cursor: Cursor, value: number | bigint) => void;

function effects(scope: FieldScope): DecoderContext['effectOf'] {
  return (fieldClass) => {
    const todo: Effect[] = [];
    for (const role of fieldClass.roles ?? []) {
      const property = ROLE_PROPERTIES[role];
      // The timestamp of an event record does nothing but set the clock.
      if (property === 'beginCycles' && scope !== 'packet-context') continue;
      todo.push((cursor, value) => {
        cursor.roles[property] = value;
      });
    }
    if (setsClock(fieldClass)) todo.push(clockEffect(fieldClass));
    if (todo.length < 2) return todo[0];
    return (cursor, value) => {
      for (const effect of todo) effect(cursor, value);
    };
  };
}

/** A packet's end is in the future of its event records, so it must not set their clock. */
function setsClock({ clock, signed, roles }: AnyInteger): boolean {
  return clock !== undefined && !signed && !roles?.includes('packet-end-default-clock-timestamp');
}

function clockEffect(fieldClass: AnyInteger): Effect {
  if (fieldClass.kind === 'variable-integer') {
    return (cursor, value) => {
      const cycles = BigInt(value);
      cursor.clock?.update(Math.min(64, cursor.variableBits), Number(cycles >> 32n), Number(cycles & 0xffff_ffffn));
    };
  }
  const { bits } = fieldClass;
  if (bits <= 32) return (cursor, value) => cursor.clock?.update(bits, 0, Number(value));
  return (cursor, value) => {
    if (typeof value === 'bigint') {
      cursor.clock?.update(bits, Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn));
    } else {
      cursor.clock?.update(bits, Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000);
    }
  };
}

/** The clock class that the fields of a data stream class refer to. */
function clockClassOf(trace: TraceClass, dataStreamClass: DataStreamClass): ClockClass | undefined {
  const { defaultClock } = dataStreamClass;
  if (defaultClock !== undefined) return clockNamed(defaultClock, trace);
  const roots = [
    dataStreamClass.packetContext,
    dataStreamClass.eventRecordHeader,
    dataStreamClass.eventRecordCommonContext,
    ...dataStreamClass.eventRecordClasses.flatMap((e) => [e.specificContext, e.payload]),
  ];
  for (const root of roots) {
    const name = root && clockNameIn(root);
    if (name !== undefined) return clockNamed(name, trace);
  }
  return undefined;
}

const clocksByName = new WeakMap<TraceClass, ReadonlyMap<string, ClockClass>>();

/** A trace can have very many clock classes, so they are indexed by name. */
function clockNamed(name: string, trace: TraceClass): ClockClass | undefined {
  let clocks = clocksByName.get(trace);
  if (clocks === undefined) {
    clocks = new Map(trace.clockClasses.map((clock) => [clock.name, clock]));
    clocksByName.set(trace, clocks);
  }
  return clocks.get(name);
}

/**
 * The class of packets or records without an identifier: the only one, in CTF 2 always the one with the identifier 0.
 *
 * @see CTF2-SPEC-2.0 §6.1 and §6.2
 */
function classWithoutId<T extends { readonly id: bigint }>(trace: TraceClass, classes: readonly T[]): T | undefined {
  if (trace.version.major === 2) return classes.find(({ id }) => id === 0n);
  return classes.length === 1 ? classes[0] : undefined;
}

/** Packets that are of no data stream class may be there nevertheless, with a header and nothing behind it. */
const NO_CLASSES: readonly DataStreamClass[] = [{ id: 0n, eventRecordClasses: [] }];

const classTables = new WeakMap<readonly DataStreamClass[], ReadonlyMap<bigint, DataStreamClass>>();

/** Made once: very many packets may be of very many classes. */
function classesById(classes: readonly DataStreamClass[]): ReadonlyMap<bigint, DataStreamClass> {
  let table = classTables.get(classes);
  if (table === undefined) {
    table = new Map(classes.map((c) => [c.id, c]));
    classTables.set(classes, table);
  }
  return table;
}

export interface TraceDecoderOptions {
  /** Whether event messages have the values of their headers: writers need them. */
  readonly keepsHeaders?: boolean;
  /** UUIDs of all metadata of the trace. If absent, the UUID of the trace class. */
  readonly metadataUuids?: readonly string[];
  /** Whether the metadata may grow, see `grow`. */
  readonly mayGrow?: boolean;
}

/** The compiled decoders of a trace. */
export class TraceDecoder {
  /** Packets of other metadata are refused. Without any UUID, all packets are accepted. */
  readonly metadataUuids: ReadonlySet<string>;
  readonly packetHeader: FieldDecoder | undefined;
  readonly keepsHeaders: boolean;
  readonly #decoders = new Map<DataStreamClass, DataStreamDecoder>();
  #class: TraceClass;
  #mayGrow: boolean;

  constructor(trace: TraceClass, options: TraceDecoderOptions = {}) {
    const { keepsHeaders = false, metadataUuids = trace.uuid === undefined ? [] : [trace.uuid] } = options;
    this.#class = trace;
    this.#mayGrow = options.mayGrow === true;
    this.keepsHeaders = keepsHeaders;
    this.metadataUuids = new Set(metadataUuids);
    this.packetHeader = packetHeaderDecoder(trace);
  }

  get class(): TraceClass {
    return this.#class;
  }

  /** Whether classes may be added. A packet that refers to an unknown class then waits for it. */
  get mayGrow(): boolean {
    return this.#mayGrow;
  }

  /**
   * Replaces the metadata with metadata that has the same classes and more: data stream classes, event record classes.
   *
   * Readers of data streams change to the new classes with their next packet, or at the first event of a new class.
   */
  grow(trace: TraceClass): void {
    this.#class = trace;
    this.#decoders.clear();
  }

  /** From now on, an unknown class is an error. */
  endGrowth(): void {
    this.#mayGrow = false;
  }

  /** @param id from the packet header; undefined means the only class there is */
  dataStreamDecoder(id: number | bigint | undefined): DataStreamDecoder | undefined {
    const { dataStreamClasses } = this.class;
    const classes = dataStreamClasses.length === 0 && !this.#mayGrow ? NO_CLASSES : dataStreamClasses;
    const found = id === undefined ? classWithoutId(this.class, classes) : classesById(classes).get(BigInt(id));
    if (found === undefined) return undefined;
    let decoder = this.#decoders.get(found);
    if (decoder === undefined) {
      decoder = new DataStreamDecoder(this.class, found, this.keepsHeaders);
      this.#decoders.set(found, decoder);
    }
    return decoder;
  }
}
