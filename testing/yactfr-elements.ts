import {
  type BitFlag,
  type BoundaryMessage,
  BufferMedium,
  DataStreamReader,
  type EventMessage,
  encodeText,
  type FieldClass,
  type FieldValue,
  type Message,
  parseMetadata,
  type StructureFieldClass,
  type StructureValue,
  type TextEncoding,
  TraceDecoder,
  type VariantValue,
} from '@ringtail/ctf';
import { elementPlace, integerOf, isTextElement, type Links, memberPlace, optionPlace } from '@ringtail/ctf/internal';

/** Decoded elements, one a line in the form of yactfr's test suite, and the error that ended decoding. */
export interface Elements {
  readonly lines: readonly string[];
  readonly error: unknown;
  /** Start of the packet with the error, in bits from the start of the data. */
  readonly errorPacketBits: number;
}

/**
 * Decodes a data stream and walks over the result again by the field classes. The positions are computed here from
 * alignments and lengths, independently of the tested decoder.
 */
export function yactfrElements(metadata: Uint8Array, data: Uint8Array): Elements {
  const traceClass = parseMetadata(metadata);
  const trace = new TraceDecoder(traceClass, { keepsHeaders: true });
  const identity = { class: traceClass, name: '', uuid: undefined };
  const reader = new DataStreamReader(trace, identity, [{ name: 'stream', medium: new BufferMedium(data) }], 0n);
  const walk = new Walk(data);
  try {
    for (;;) {
      const next = reader.nextWithBoundaries();
      if (next.kind !== 'item') break;
      walk.message(next.item);
    }
  } catch (error) {
    return { lines: walk.lines, error, errorPacketBits: walk.nextPacketBits };
  }
  return { lines: walk.lines, error: undefined, errorPacketBits: 0 };
}

class Walk {
  readonly lines: string[] = [];
  /** Start of the present packet or, between packets, of the next one. */
  nextPacketBits = 0;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #depth = 0;
  /** In bits from the start of the packet. */
  #at = 0;
  #links: readonly Links[] = [];
  #slots: (number | bigint)[] = [];
  /** The suite starts it with each packet. */
  #clock = 0n;
  #roles = new Map<string, number | bigint>();

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.length);
  }

  message(message: Message | BoundaryMessage): void {
    if (message.kind === 'packet-begin') this.#beginPacket(message);
    else if (message.kind === 'packet-end') this.#endPacket();
    else if (message.kind === 'event') this.#event(message);
  }

  #beginPacket({ stream, packet }: BoundaryMessage): void {
    this.#at = 0;
    this.#slots = [];
    this.#roles = new Map();
    this.#clock = 0n;
    this.#links = [stream.links.common];
    this.#open('P');
    this.#open('PC');
    this.#scope(0, 'packet-header', stream.trace.class.packetHeader, packet.header);
    this.#line(`DSI:T${stream.class.id}`);
    this.#scope(1, 'packet-context', stream.class.packetContext, packet.context);
    const total = this.#roles.get('packet-total-length');
    const content = this.#roles.get('packet-content-length') ?? total;
    const end = this.#roles.get('packet-end-default-clock-timestamp');
    const parts = [
      ['T', total],
      ['C', content],
      ['S', this.#roles.get('packet-sequence-number')],
      ['E', end],
    ];
    this.#line(`PI${parts.map(([letter, value]) => (value === undefined ? '' : `:${letter}${value}`)).join('')}`);
  }

  #endPacket(): void {
    const total = this.#roles.get('packet-total-length');
    const content = this.#roles.get('packet-content-length') ?? total;
    if (content !== undefined) this.#at = Number(content);
    this.#close();
    this.#at = Number(total ?? content ?? this.#data.length * 8 - this.nextPacketBits);
    this.#close();
    this.nextPacketBits += this.#at;
  }

  #event(event: EventMessage): void {
    const { stream } = event;
    this.#links = [stream.links.eventRecordClasses.get(event.class)!, stream.links.common];
    const { eventRecordHeader, eventRecordCommonContext } = stream.class;
    const first = eventRecordHeader ?? eventRecordCommonContext ?? event.class.specificContext ?? event.class.payload;
    this.#align(first === undefined ? 1 : alignmentOf(first));
    this.#open('ER');
    this.#scope(2, 'event-record-header', stream.class.eventRecordHeader, event.header);
    this.#line(`ERI:T${event.class.id}:#${event.class.name}`);
    this.#scope(3, 'event-record-common-context', stream.class.eventRecordCommonContext, event.commonContext);
    this.#scope(4, 'event-record-specific-context', event.class.specificContext, event.specificContext);
    this.#scope(5, 'event-record-payload', event.class.payload, event.payload);
    this.#close();
  }

  #scope(index: number, place: string, root: StructureFieldClass | undefined, value: StructureValue | undefined): void {
    if (root === undefined) return;
    this.#align(alignmentOf(root));
    this.#open(`SC:${index}`);
    this.#field(root, place, '', value!);
    this.#close();
  }

  #field(fieldClass: FieldClass, place: string, name: string, value: FieldValue): void {
    this.#align(alignmentOf(fieldClass));
    const label = name === '' ? '' : `:${name}`;
    switch (fieldClass.kind) {
      case 'integer':
      case 'variable-integer':
      case 'enumeration':
        this.#integer(fieldClass, place, label, value as number | bigint);
        break;
      case 'float':
        this.#line(`FLFPN${label}:${Number((value as number).toPrecision(6))}`);
        this.#at += fieldClass.bits;
        break;
      case 'bit-array': {
        const bits = BigInt(value as number | bigint);
        const isSet = ({ lower, upper }: BitFlag) => (bits >> BigInt(lower)) % (1n << BigInt(upper - lower + 1)) !== 0n;
        const names = new Set(fieldClass.flags?.filter(isSet).map((flag) => flag.name));
        this.#line(fieldClass.flags === undefined ? `FLBA${label}:${bits}` : `FLBM${label}:${bits}:${[...names]}`);
        this.#at += fieldClass.bits;
        break;
      }
      case 'string':
        this.#text(`NTS${label}`, encodedBytes(`${value as string}\0`, fieldClass.encoding));
        break;
      case 'static-blob': {
        const hex = Buffer.from(value as Uint8Array).toString('hex');
        this.#open(`SLB${label}:${fieldClass.mediaType ?? 'application/octet-stream'}`);
        if (hex !== '') this.#line(`RD:${fieldClass.length}:${hex}`);
        this.#at += fieldClass.length * 8;
        if (fieldClass.roles !== undefined) this.#uuid(hex);
        this.#close();
        break;
      }
      case 'structure':
        this.#open(`ST${label}`);
        for (const { name: inner, fieldClass: member } of fieldClass.members) {
          this.#field(member, memberPlace(place, inner), inner, (value as StructureValue)[inner]!);
        }
        this.#close();
        break;
      case 'static-array':
      case 'dynamic-array':
        this.#array(fieldClass, place, name, label, value);
        break;
      case 'variant': {
        const { option, value: field } = value as VariantValue;
        const chosen = fieldClass.options[option]!;
        const { slot, targets } = this.#reference(place);
        const isSigned = integerOf(targets[0]!)!.signed;
        this.#open(`${isSigned ? 'VS' : 'VU'}${label}:${this.#slots[slot]}`);
        this.#field(chosen.fieldClass, optionPlace(place, chosen.name, option), '', field);
        this.#close();
        break;
      }
      default:
        throw new RangeError(`there is no case with a field of the kind ${fieldClass.kind}`);
    }
  }

  #integer(fieldClass: FieldClass, place: string, label: string, value: number | bigint): void {
    const integer = integerOf(fieldClass)!;
    this.#line(`${integer.kind === 'integer' ? 'FL' : 'VL'}${integer.signed ? 'SI' : 'UI'}${label}:${value}`);
    const start = this.#at;
    this.#at += integer.kind === 'integer' ? integer.bits : this.#variableBytes() * 8;
    for (const { targets } of this.#links) {
      for (const { slot, index } of targets.get(place) ?? []) this.#slots[slot] = index ?? value;
    }
    for (const role of integer.roles ?? []) {
      this.#roles.set(role, value);
      if (role === 'packet-magic-number') this.#line(`PMN:${value}`);
      if (role === 'default-clock-timestamp') this.#line(`DCV:${this.#clockAfter(this.#at - start, BigInt(value))}`);
    }
  }

  #clockAfter(bits: number, value: bigint): bigint {
    const span = 1n << BigInt(bits);
    const low = this.#clock % span;
    this.#clock += value - low + (value < low ? span : 0n);
    return this.#clock;
  }

  #array(
    fieldClass: FieldClass & { readonly element: FieldClass },
    place: string,
    name: string,
    label: string,
    value: FieldValue,
  ): void {
    const prefix = fieldClass.kind === 'static-array' ? 'SL' : 'DL';
    if (isTextElement(fieldClass.element)) {
      const isStatic = fieldClass.kind === 'static-array';
      this.#text(`${prefix}S${label}`, isStatic ? fieldClass.length : Number(this.#slots[this.#reference(place).slot]));
      return;
    }
    this.#open(`${prefix}A${label}`);
    const values = value as readonly FieldValue[];
    for (const element of values) this.#field(fieldClass.element, elementPlace(place), '', element);
    if (place === 'packet-header.uuid' && name === 'uuid' && values.length === 16 && typeof values[0] === 'number') {
      const hex = values.map((byte) => Number(byte).toString(16).padStart(2, '0')).join('');
      this.#uuid(hex);
    }
    this.#close();
  }

  #uuid(hex: string): void {
    this.#line(`MSU:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`);
  }

  /** Every byte of an integer of variable length except the last has its highest bit set. */
  #variableBytes(): number {
    const start = (this.nextPacketBits + this.#at) / 8;
    return this.#data.subarray(start).findIndex((byte) => byte < 0x80) + 1;
  }

  /** The bytes are those of the data: a decoded text ends at its first null character. */
  #text(what: string, length: number): void {
    this.#open(what);
    const start = (this.nextPacketBits + this.#at) / 8;
    const escaped = Array.from({ length }, (_, i) => {
      const byte = this.#view.getUint8(start + i);
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `$${byte.toString(16).padStart(2, '0')}`;
    });
    if (length > 0) this.#line(`RD:${length}:${escaped.join('')}`);
    this.#at += length * 8;
    this.#close();
  }

  #reference(place: string) {
    return this.#links.map(({ references }) => references.get(place)).find((reference) => reference !== undefined)!;
  }

  #align(bits: number): void {
    this.#at = Math.ceil(this.#at / bits) * bits;
  }

  #open(what: string): void {
    this.#line(`${what} {`);
    this.#depth++;
  }

  #close(): void {
    this.#depth--;
    this.#line('}');
  }

  #line(text: string): void {
    this.lines.push(`${String(this.nextPacketBits + this.#at).padStart(6)} ${'  '.repeat(this.#depth)}${text}`);
  }
}

function encodedBytes(text: string, encoding: TextEncoding): number {
  if (encoding.startsWith('utf16')) return 2 * text.length;
  return encoding.startsWith('utf32') ? 4 * [...text].length : encodeText(text).length;
}

function alignmentOf(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'bit-array':
      return fieldClass.align;
    case 'enumeration':
      return alignmentOf(fieldClass.container);
    case 'variable-integer':
    case 'string':
    case 'static-blob':
      return 8;
    case 'structure':
      return Math.max(fieldClass.align, ...fieldClass.members.map((m) => alignmentOf(m.fieldClass)));
    case 'static-array':
    case 'dynamic-array':
      return alignmentOf(fieldClass.element);
    default:
      return 1;
  }
}
