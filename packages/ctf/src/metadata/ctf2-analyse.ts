import { UUID_BYTES } from '@ringtail/base';
import { integerOf } from '../model/class-facts.ts';
import type { FieldScope, StructureFieldClass } from '../model/field-class.ts';
import { byteOrderOf, tellsClock, visitFieldClasses } from '../model/field-class-walk.ts';
import { LinkError, linkDataStreamClass } from '../model/link.ts';
import type {
  ClockClass,
  DataStreamClass,
  EnvironmentValue,
  EventRecordClass,
  TraceClass,
} from '../model/trace-class.ts';
import { uuidText } from '../model/uuid.ts';
import { ctf2ClockClass } from './ctf2-clock-class.ts';
import { eventAttributes } from './ctf2-event-attributes.ts';
import { Ctf2FieldClasses } from './ctf2-field-classes.ts';
import { errorAt, type JsonNode, type JsonObject, parseJson } from './ctf2-json.ts';
import { Ctf2Reader, IDENTITY } from './ctf2-reader.ts';
import { withScope } from './ctf2-scope.ts';

/** Stands before each fragment. */
const RECORD_SEPARATOR = '\u001e';

const MAGIC_BITS = 32;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type DataStreamClassDraft = Writable<DataStreamClass> & { eventRecordClasses: EventRecordClass[] };

/**
 * Reads CTF 2 metadata.
 *
 * @param text a JSON text sequence; for bytes of a metadata stream see `parseMetadata`
 * @throws {MetadataError} with line and column, the number of the fragment from 0 and the path within it
 * @see CTF2-SPEC-2.0 §5 (metadata stream), RFC 7464
 */
export function parseCtf2(text: string): TraceClass {
  return new Ctf2Analysis(text).traceClass();
}

class Ctf2Analysis {
  readonly #text: string;
  readonly #reader: Ctf2Reader;
  readonly #fieldClasses: Ctf2FieldClasses;
  readonly #trace: Writable<Omit<TraceClass, 'clockClasses' | 'dataStreamClasses' | 'byteOrder'>> = {
    version: { major: 2, minor: 0 },
    environment: new Map(),
  };
  readonly #clocks = new Map<string, ClockClass>();
  readonly #streams = new Map<bigint, DataStreamClassDraft>();
  readonly #eventKeys = new Set<string>();
  #hasTrace = false;

  readonly #fragments: Readonly<Record<string, (node: JsonObject) => void>> = {
    preamble: (node) => {
      throw this.#reader.error('there is a second preamble', node);
    },
    'field-class-alias': (node) => this.#alias(node),
    'trace-class': (node) => this.#traceFragment(node),
    'clock-class': (node) => this.#clock(node),
    'data-stream-class': (node) => this.#stream(node),
    'event-record-class': (node) => this.#event(node),
  };

  constructor(text: string) {
    this.#text = text;
    this.#reader = new Ctf2Reader(text);
    this.#fieldClasses = new Ctf2FieldClasses(this.#reader);
  }

  traceClass(): TraceClass {
    const reader = this.#reader;
    let index = 0;
    for (const root of this.#sequence()) {
      reader.fragment = { index, root };
      const node = reader.plainObject(root);
      const typeNode = reader.required(node, 'type');
      const type = reader.word(typeNode, Object.keys(this.#fragments));
      if (index > 0) this.#fragments[type]!(node);
      else if (type === 'preamble') this.#preamble(node);
      else throw reader.error('the first fragment is the preamble', typeNode);
      index++;
    }
    if (index === 0) throw errorAt(this.#text, 0, 'SYNTAX', 'there is no fragment');
    const dataStreamClasses = [...this.#streams.values()];
    const traceClass: TraceClass = {
      ...this.#trace,
      byteOrder: 'le',
      clockClasses: [...this.#clocks.values()],
      dataStreamClasses,
    };
    this.#checkLocations(traceClass);
    return { ...traceClass, byteOrder: byteOrderOf(traceClass) };
  }

  /** The JSON texts, one after the other. Where nothing but white space is between two separators, there is none. */
  *#sequence(): Generator<JsonNode> {
    const text = this.#text;
    let separator = text.indexOf(RECORD_SEPARATOR);
    if (separator === -1 || text.slice(0, separator).trim() !== '') {
      throw errorAt(text, 0, 'SYNTAX', 'a record separator is needed here');
    }
    while (separator !== -1) {
      const start = separator + 1;
      separator = text.indexOf(RECORD_SEPARATOR, start);
      const end = separator === -1 ? text.length : separator;
      if (/\S/.test(text.slice(start, end))) yield parseJson(text, start, end);
    }
  }

  #preamble(node: JsonObject): void {
    const reader = this.#reader;
    const object = reader.object(node, ['type', 'version', 'uuid']);
    const version = reader.required(object, 'version');
    if (reader.integer(version) !== 2n) throw reader.unsupported('this is not version 2 of CTF', version);
    const uuid = object.members.get('uuid');
    if (uuid === undefined) return;
    const bytes = reader.array(uuid).items.map((item) => reader.unsigned(item));
    if (bytes.length !== UUID_BYTES || bytes.some((byte) => byte > 255n)) {
      throw reader.error('a UUID is an array of 16 bytes', uuid);
    }
    this.#trace.uuid = uuidText(Uint8Array.from(bytes, Number));
  }

  #alias(node: JsonObject): void {
    const object = this.#reader.object(node, ['type', 'name', 'field-class']);
    const name = this.#reader.required(object, 'name');
    this.#fieldClasses.declareAlias(name, this.#reader.required(object, 'field-class'));
  }

  #traceFragment(node: JsonObject): void {
    const reader = this.#reader;
    const object = reader.object(node, ['type', ...IDENTITY, 'environment', 'packet-header-field-class']);
    if (this.#hasTrace) throw reader.error('there is a second trace class', node);
    if (this.#streams.size > 0) throw reader.error('the trace class stands behind a data stream class', node);
    this.#hasTrace = true;
    const identity = reader.identity(object);
    if (Object.keys(identity).length > 0) this.#trace.identity = identity;
    const environment = object.members.get('environment');
    if (environment !== undefined) this.#trace.environment = this.#environment(reader.plainObject(environment));
    const header = this.#root(object, 'packet-header-field-class', 'packet-header', undefined);
    if (header !== undefined) {
      this.#checkPacketHeader(header, object);
      this.#trace.packetHeader = header;
    }
    Object.assign(this.#trace, reader.attributed(object));
  }

  #environment(object: JsonObject): ReadonlyMap<string, EnvironmentValue> {
    const reader = this.#reader;
    const environment = new Map<string, EnvironmentValue>();
    for (const [name, node] of object.members) {
      if (node.kind !== 'string' && node.kind !== 'integer') {
        throw reader.error('a string or a whole number is needed here', node);
      }
      environment.set(name, node.kind === 'string' ? node.value : reader.integer(node));
    }
    return environment;
  }

  /** @see CTF2-SPEC-2.0 §5.6.1 */
  #checkPacketHeader(header: StructureFieldClass, object: JsonObject): void {
    const node = this.#reader.required(object, 'packet-header-field-class');
    visitFieldClasses(header, (fieldClass) => {
      if (fieldClass.kind === 'static-blob' && fieldClass.roles !== undefined) {
        if (fieldClass.length !== UUID_BYTES) throw this.#reader.error('the metadata stream UUID has 16 bytes', node);
        if (this.#trace.uuid === undefined) throw this.#reader.error('the preamble has no UUID', node);
      }
      const integer = integerOf(fieldClass);
      if (!integer?.roles?.includes('packet-magic-number')) return;
      if (integer.kind !== 'integer' || integer.bits !== MAGIC_BITS || header.members[0]?.fieldClass !== fieldClass) {
        throw this.#reader.error('the magic number is the first member of the packet header and has 32 bits', node);
      }
    });
  }

  #clock(node: JsonObject): void {
    const clock = ctf2ClockClass(this.#reader, node);
    if (this.#clocks.has(clock.name)) {
      throw this.#reader.error(`there is a second clock class \`${clock.name}\``, this.#reader.required(node, 'id'));
    }
    this.#clocks.set(clock.name, clock);
  }

  #root(object: JsonObject, property: string, scope: FieldScope, clock: string | undefined) {
    const root = this.#fieldClasses.root(object, property);
    const onMissingClock = () => {
      const node = this.#reader.required(object, property);
      throw this.#reader.error('there is a timestamp, but no default clock class', node);
    };
    return root && withScope(root, { scope, clock, onMissingClock });
  }

  #stream(node: JsonObject): void {
    const reader = this.#reader;
    const scopes = {
      packetContext: ['packet-context-field-class', 'packet-context'],
      eventRecordHeader: ['event-record-header-field-class', 'event-record-header'],
      eventRecordCommonContext: ['event-record-common-context-field-class', 'event-record-common-context'],
    } as const;
    const properties = Object.values(scopes).map(([property]) => property);
    const object = reader.object(node, ['type', 'id', ...IDENTITY, 'default-clock-class-id', ...properties]);
    const id = reader.optionalUnsigned(object, 'id') ?? 0n;
    if (this.#streams.has(id)) throw reader.error(`there is a second data stream class ${id}`, node);
    const clockNode = object.members.get('default-clock-class-id');
    const clock = clockNode && reader.string(clockNode);
    if (clock !== undefined && !this.#clocks.has(clock)) {
      throw reader.error(`there is no clock class \`${clock}\` before this`, clockNode!);
    }
    const draft: DataStreamClassDraft = {
      id,
      ...reader.identity(object),
      eventRecordClasses: [],
      ...reader.attributed(object),
    };
    for (const [key, [property, scope]] of Object.entries(scopes)) {
      const root = this.#root(object, property, scope, clock);
      if (root !== undefined) draft[key as keyof typeof scopes] = root;
    }
    if (clock !== undefined && !tellsClock(draft)) draft.defaultClock = clock;
    this.#streams.set(id, draft);
  }

  #event(node: JsonObject): void {
    const reader = this.#reader;
    const properties = ['id', 'data-stream-class-id', ...IDENTITY];
    const roots = ['specific-context-field-class', 'payload-field-class'];
    const object = reader.object(node, ['type', ...properties, ...roots]);
    const id = reader.optionalUnsigned(object, 'id') ?? 0n;
    const streamId = reader.optionalUnsigned(object, 'data-stream-class-id') ?? 0n;
    const stream = this.#streams.get(streamId);
    if (stream === undefined) throw reader.error(`there is no data stream class ${streamId} before this`, node);
    const key = `${streamId}/${id}`;
    if (this.#eventKeys.has(key)) throw reader.error(`there is a second event record class ${id}`, node);
    this.#eventKeys.add(key);
    const specificContext = this.#root(object, roots[0]!, 'event-record-specific-context', undefined);
    const payload = this.#root(object, roots[1]!, 'event-record-payload', undefined);
    stream.eventRecordClasses.push({
      id,
      name: '',
      ...reader.identity(object),
      ...(specificContext !== undefined && { specificContext }),
      ...(payload !== undefined && { payload }),
      ...eventAttributes(reader.attributes(object)),
    });
  }

  #checkLocations(traceClass: TraceClass): void {
    try {
      for (const dataStreamClass of traceClass.dataStreamClasses) linkDataStreamClass(traceClass, dataStreamClass);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const place = this.#fieldClasses.locations.placeOf(error.location);
      if (place === undefined) throw error;
      throw this.#reader.error(error.message, place.node, 'SEMANTICS', place.fragment);
    }
  }
}
