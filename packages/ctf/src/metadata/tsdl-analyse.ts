import { bitsMinOf } from '../model/class-facts.ts';
import type { ByteOrder, FieldClass, StructureFieldClass } from '../model/field-class.ts';
import { LinkError, linkDataStreamClass } from '../model/link.ts';
import type {
  ClockClass,
  DataStreamClass,
  EnvironmentValue,
  EventRecordClass,
  TraceClass,
} from '../model/trace-class.ts';
import type { Block, BlockKeyword, Entry, Expression, TsdlDocument } from './tsdl-ast.ts';
import type { TsdlLexer } from './tsdl-lexer.ts';
import { parseTsdlText } from './tsdl-parser.ts';
import {
  withEventRecordHeaderRoles,
  withMappedTimestamps,
  withPacketContextRoles,
  withPacketHeaderRoles,
} from './tsdl-roles.ts';
import { TsdlScope } from './tsdl-scope.ts';
import { TsdlTypes } from './tsdl-types.ts';
import { TsdlValues } from './tsdl-values.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type DataStreamClassDraft = Writable<DataStreamClass> & { eventRecordClasses: EventRecordClass[] };

const NANOSECOND_CLOCK: ClockClass = {
  name: '',
  frequency: 1_000_000_000n,
  offsetSeconds: 0n,
  offsetCycles: 0n,
  originIsUnixEpoch: false,
};

/**
 * Reads CTF 1.8 metadata.
 *
 * Field names lose their first leading underscore, whether it was needed or not, as all readers agree; labels and
 * names of options keep theirs.
 *
 * @param text plain TSDL; for bytes of a metadata stream see `parseMetadata`
 * @throws {MetadataError} with line and column
 * @see CTF 1.8.3 §7 (TSDL)
 */
export function parseTsdl(text: string): TraceClass {
  const { document, errorAt } = parseTsdlText(text);
  return new Analysis(document, errorAt).traceClass();
}

class Analysis {
  readonly #document: TsdlDocument;
  readonly #errorAt: TsdlLexer['error'];
  readonly #values: TsdlValues;
  readonly #root = new TsdlScope();
  readonly #clockClasses: ClockClass[];
  readonly #byteOrder: ByteOrder;
  readonly #types: TsdlTypes;
  readonly #streams = new Map<bigint, DataStreamClassDraft>();
  readonly #eventKeys = new Set<string>();
  #packetHeader: StructureFieldClass | undefined;

  constructor(document: TsdlDocument, errorAt: TsdlLexer['error']) {
    this.#document = document;
    this.#errorAt = errorAt;
    this.#values = new TsdlValues(errorAt);
    this.#byteOrder = this.#findByteOrder();
    const environment = this.#environment();
    this.#clockClasses = this.#blocks('clock').map((block) => this.#clock(block, isEpochTracer(environment)));
    const names = new Set(this.#clockClasses.map((c) => c.name));
    this.#types = new TsdlTypes(this.#values, this.#byteOrder, names, environment);
  }

  traceClass(): TraceClass {
    for (const declaration of this.#document.declarations) this.#types.declare(declaration, this.#root);
    const trace = this.#trace();
    for (const block of this.#blocks('stream')) this.#stream(block);
    for (const block of this.#blocks('event')) this.#event(block);
    // A trace may do without any event; its packets have nothing but a header then.
    if (this.#streams.size === 0) this.#streams.set(0n, { id: 0n, eventRecordClasses: [] });
    const traceClass: TraceClass = {
      ...trace,
      byteOrder: this.#byteOrder,
      environment: this.#environment(),
      clockClasses: this.#clockClasses,
      dataStreamClasses: [...this.#streams.values()],
    };
    this.#checkLocations(traceClass);
    return traceClass;
  }

  #blocks(keyword: BlockKeyword): readonly Block[] {
    return this.#document.blocks.filter((block) => block.keyword === keyword);
  }

  /** The trace block may stand behind types that depend on it. */
  #findByteOrder(): ByteOrder {
    const [block, second] = this.#blocks('trace');
    if (block === undefined) throw this.#errorAt('SEMANTICS', 'there is no trace block', 0);
    if (second !== undefined) throw this.#values.error('there is a second trace block', second.at);
    for (const entry of block.entries) {
      if (entry.kind === 'value' && entry.name === 'byte_order') return this.#values.byteOrder(entry.value, undefined);
    }
    throw this.#values.error('the trace block lacks byte_order', block.at);
  }

  #environment(): ReadonlyMap<string, EnvironmentValue> {
    const environment = new Map<string, EnvironmentValue>();
    for (const { entries } of this.#blocks('env')) {
      for (const entry of entries) {
        if (entry.kind !== 'value') continue;
        const { value } = entry;
        environment.set(entry.name, value.kind === 'integer' ? this.#values.signed(value) : this.#values.string(value));
      }
    }
    return environment;
  }

  #clock({ entries, at }: Block, isEpochTracer: boolean): ClockClass {
    const values = this.#values;
    const clock: Writable<ClockClass> = { ...NANOSECOND_CLOCK, originIsUnixEpoch: isEpochTracer };
    const take: Readonly<Record<string, (value: Expression) => void>> = {
      name: (value) => {
        clock.name = values.text(value);
      },
      description: (value) => {
        clock.description = values.text(value);
      },
      uuid: (value) => {
        clock.uuid = values.uuid(value);
      },
      freq: (value) => {
        clock.frequency = values.unsigned(value);
      },
      precision: (value) => {
        clock.precision = values.unsigned(value);
      },
      offset_s: (value) => {
        clock.offsetSeconds = values.signed(value);
      },
      offset: (value) => {
        clock.offsetCycles = values.unsigned(value);
      },
      absolute: (value) => {
        clock.originIsUnixEpoch ||= values.boolean(value);
      },
    };
    this.#takeValues(entries, take);
    if (clock.name === '') throw values.error('a clock needs a name', at);
    if (clock.frequency === 0n) throw values.error('the frequency of a clock is not zero', at);
    return clock;
  }

  #trace(): Pick<TraceClass, 'version' | 'uuid' | 'packetHeader'> {
    const values = this.#values;
    const block = this.#blocks('trace')[0]!;
    const scope = new TsdlScope(this.#root);
    let major: bigint | undefined;
    let minor: bigint | undefined;
    const trace: Writable<Pick<TraceClass, 'uuid' | 'packetHeader'>> = {};
    const take: Readonly<Record<string, (value: Expression) => void>> = {
      major: (value) => {
        major = values.unsigned(value);
      },
      minor: (value) => {
        minor = values.unsigned(value);
      },
      uuid: (value) => {
        trace.uuid = values.uuid(value);
      },
    };
    this.#takeValues(block.entries, take, (name, _value, at) => {
      // It may be a part of that version and not an addition to it.
      if (minor === undefined) throw values.error(`the attribute ${name} is not known, nor yet the version`, at);
    });
    for (const entry of block.entries) {
      if (entry.kind === 'declaration') this.#types.declare(entry.declaration, scope);
      if (entry.kind === 'type-value' && entry.name === 'packet.header') {
        this.#refuseSecond(trace.packetHeader, entry);
        const header = this.#types.rootStructure(entry.type, scope);
        this.#checkMagic(header, entry.at);
        this.#packetHeader = header;
        trace.packetHeader = withPacketHeaderRoles(header);
      }
    }
    if (major !== 1n || minor !== 8n) throw values.error('this is not version 1.8 of CTF', block.at);
    return { ...trace, version: { major: 1, minor: Number(minor) } };
  }

  /** The magic number identifies packets and their byte order, before the metadata is known. */
  #checkMagic({ members }: StructureFieldClass, at: number): void {
    const index = members.findIndex(({ name, fieldClass }) => name === 'magic' && isUnsignedInteger(fieldClass));
    if (index === -1) return;
    const { fieldClass } = members[index]!;
    if (index > 0) throw this.#values.error('the magic number is not the first field of the packet header', at);
    if (bitsMinOf(fieldClass) !== 32) throw this.#values.error('the magic number has 32 bits', at);
  }

  #refuseSecond(first: StructureFieldClass | undefined, { name, at }: Entry & { kind: 'type-value' }): void {
    if (first !== undefined) throw this.#values.error(`there is a second ${name}`, at);
  }

  #stream({ entries, at }: Block): void {
    const scope = new TsdlScope(this.#root);
    const draft: DataStreamClassDraft = { id: 0n, eventRecordClasses: [] };
    const take = {
      id: (value: Expression) => {
        draft.id = this.#values.unsigned(value);
      },
    };
    this.#takeValues(entries, take, () => undefined);
    for (const entry of entries) {
      if (entry.kind === 'declaration') this.#types.declare(entry.declaration, scope);
      if (entry.kind !== 'type-value') continue;
      const structure = this.#types.rootStructure(entry.type, scope);
      const mapped = () => withMappedTimestamps(structure, () => this.#onlyClockName(entry.at));
      if (entry.name === 'packet.context') {
        this.#refuseSecond(draft.packetContext, entry);
        draft.packetContext = withPacketContextRoles(mapped());
      } else if (entry.name === 'event.header') {
        this.#refuseSecond(draft.eventRecordHeader, entry);
        draft.eventRecordHeader = withEventRecordHeaderRoles(mapped());
      } else if (entry.name === 'event.context') {
        this.#refuseSecond(draft.eventRecordCommonContext, entry);
        draft.eventRecordCommonContext = structure;
      }
    }
    if (this.#streams.has(draft.id)) throw this.#values.error(`there is a second stream ${draft.id}`, at);
    // Each has the packet header of the trace, too.
    if (this.#packetHeader !== undefined) this.#types.countRoot(this.#packetHeader, at);
    this.#streams.set(draft.id, draft);
  }

  /** The clock of timestamps without a clock name; a nanosecond clock if the trace has no clock at all. */
  #onlyClockName(at: number): string {
    const [clock, second] = this.#clockClasses;
    if (second !== undefined) throw this.#values.error('a timestamp must name one of the clocks', at);
    if (clock !== undefined) return clock.name;
    this.#clockClasses.push({ ...NANOSECOND_CLOCK, name: 'default' });
    return 'default';
  }

  #event({ entries, at }: Block): void {
    const values = this.#values;
    const scope = new TsdlScope(this.#root);
    const event: Writable<EventRecordClass> = { id: 0n, name: '' };
    let streamId: bigint | undefined;
    this.#takeValues(entries, {
      id: (value) => {
        event.id = values.unsigned(value);
      },
      stream_id: (value) => {
        streamId = values.unsigned(value);
      },
      name: (value) => {
        event.name = values.text(value);
      },
      loglevel: (value) => {
        event.logLevel = Number(values.signed(value));
      },
      'model.emf.uri': (value) => {
        event.emfUri = values.text(value);
      },
    });
    for (const entry of entries) {
      if (entry.kind === 'declaration') this.#types.declare(entry.declaration, scope);
      if (entry.kind !== 'type-value') continue;
      const structure = this.#types.rootStructure(entry.type, scope);
      if (entry.name === 'fields') {
        this.#refuseSecond(event.payload, entry);
        event.payload = structure;
      } else if (entry.name === 'context') {
        this.#refuseSecond(event.specificContext, entry);
        event.specificContext = structure;
      }
    }
    const stream = this.#streamOfEvent(streamId, at);
    const key = `${stream.id}/${event.id}`;
    if (this.#eventKeys.has(key)) throw values.error(`there is a second event ${event.id} in stream ${stream.id}`, at);
    this.#eventKeys.add(key);
    const { eventRecordHeader, eventRecordCommonContext } = stream;
    const scopes = [eventRecordHeader, eventRecordCommonContext, event.specificContext, event.payload];
    // With a name the class may be meant for data streams that have none of its event records.
    if (event.name === '' && scopes.every((root) => root === undefined || isEmpty(root))) {
      throw values.error('an event without a name, in whose event records there would be nothing', at);
    }
    stream.eventRecordClasses.push(event);
  }

  /** Simple metadata leaves the stream out, of the event or altogether. */
  #streamOfEvent(streamId: bigint | undefined, at: number): DataStreamClassDraft {
    if (this.#streams.size === 0 && (streamId ?? 0n) === 0n) this.#streams.set(0n, { id: 0n, eventRecordClasses: [] });
    const only = this.#streams.size === 1 ? [...this.#streams.keys()][0] : undefined;
    const id = streamId ?? only;
    if (id === undefined) throw this.#values.error('an event needs a stream_id where there are several streams', at);
    const stream = this.#streams.get(id);
    if (stream === undefined) throw this.#values.error(`there is no stream ${id}`, at);
    return stream;
  }

  /**
   * @param takeUnknown receives entries that no other handler accepts; without it, `TsdlValues.refuseUnknown` decides
   */
  #takeValues(
    entries: readonly Entry[],
    take: Readonly<Record<string, (value: Expression) => void>>,
    takeUnknown = this.#values.refuseUnknown.bind(this.#values),
  ): void {
    const taken = new Set<string>();
    for (const entry of entries) {
      if (entry.kind !== 'value') continue;
      if (!Object.hasOwn(take, entry.name)) {
        if (entry.name !== 'byte_order') takeUnknown(entry.name, entry.value, entry.at);
        continue;
      }
      if (taken.has(entry.name)) throw this.#values.error(`there is a second ${entry.name}`, entry.at);
      taken.add(entry.name);
      take[entry.name]!(entry.value);
    }
  }

  #checkLocations(traceClass: TraceClass): void {
    try {
      for (const dataStreamClass of traceClass.dataStreamClasses) linkDataStreamClass(traceClass, dataStreamClass);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const at = this.#types.locations.get(error.location) ?? 0;
      const isTooMuch = error.code === 'TOO_MANY_TARGETS';
      throw isTooMuch ? this.#values.unsupported(error.message, at) : this.#values.error(error.message, at);
    }
  }
}

/** LTTng does not write that its clocks count from the Unix epoch, but they do. */
function isEpochTracer(environment: ReadonlyMap<string, EnvironmentValue>): boolean {
  return String(environment.get('tracer_name') ?? '').startsWith('lttng-');
}

function isUnsignedInteger(fieldClass: FieldClass): boolean {
  return fieldClass.kind === 'integer' && !fieldClass.signed;
}

/** Whether no field of this class can have a single bit. */
function isEmpty(fieldClass: FieldClass): boolean {
  switch (fieldClass.kind) {
    case 'structure':
      return fieldClass.members.every((m) => isEmpty(m.fieldClass));
    case 'static-array':
      return fieldClass.length === 0 || isEmpty(fieldClass.element);
    default:
      return false;
  }
}
