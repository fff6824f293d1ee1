import { ALIGN_BITS_MAX } from '../decode/packet-window.ts';
import { bitsMinOf } from '../model/class-facts.ts';
import type {
  BitField,
  BitFlag,
  DisplayBase,
  EnumerationMapping,
  FieldClass,
  FloatFieldClass,
  IntegerFieldClass,
  IntegerRole,
  StructureFieldClass,
  StructureMember,
  TextEncoding,
  VariableIntegerFieldClass,
  VariantOption,
} from '../model/field-class.ts';
import { integerClass } from '../model/field-class-builders.ts';
import { integerRanges, intersect } from './ctf2-integer-ranges.ts';
import type { JsonNode, JsonObject } from './ctf2-json.ts';
import { Ctf2Locations } from './ctf2-locations.ts';
import type { Ctf2Reader } from './ctf2-reader.ts';
import { TypeWeights } from './tsdl-weights.ts';

const INTEGER_ROLES: readonly IntegerRole[] = [
  'packet-magic-number',
  'data-stream-class-id',
  'data-stream-id',
  'packet-total-length',
  'packet-content-length',
  'packet-end-default-clock-timestamp',
  'packet-sequence-number',
  'discarded-event-record-counter-snapshot',
  'default-clock-timestamp',
  'event-record-class-id',
];

const BIT_INDEX_MAX = 0xffff_ffffn;
const FLOAT_BITS = [16, 32, 64, 128] as const;
const BASES = [2, 8, 10, 16] as const;
const ENCODINGS: Readonly<Record<string, TextEncoding>> = {
  'utf-8': 'utf8',
  'utf-16be': 'utf16be',
  'utf-16le': 'utf16le',
  'utf-32be': 'utf32be',
  'utf-32le': 'utf32le',
};

const BIT_FIELD = ['type', 'length', 'byte-order', 'bit-order', 'alignment'];
const INTEGER = ['preferred-display-base', 'mappings'];

/** A class whose every instance would take more than this is refused when it is described. */
const STATIC_BITS_MAX = 2 ** 30;

/** Converts field classes of CTF 2 into classes of the model, which are often the same as in CTF 1.8. */
export class Ctf2FieldClasses {
  readonly locations: Ctf2Locations;
  readonly #reader: Ctf2Reader;
  readonly #aliases = new Map<string, FieldClass>();
  readonly #weights = new TypeWeights();
  readonly #readers: Readonly<Record<string, (node: JsonObject) => FieldClass>> = {
    'fixed-length-bit-array': (node) => ({ kind: 'bit-array', ...this.#bitField(node, 'bits') }),
    'fixed-length-bit-map': (node) => this.#bitMap(node),
    'fixed-length-boolean': (node) => ({ kind: 'boolean', ...this.#bitField(node, 'bits') }),
    'fixed-length-unsigned-integer': (node) => this.#integer(node, false),
    'fixed-length-signed-integer': (node) => this.#integer(node, true),
    'fixed-length-floating-point-number': (node) => this.#float(node),
    'variable-length-unsigned-integer': (node) => this.#variableInteger(node, false),
    'variable-length-signed-integer': (node) => this.#variableInteger(node, true),
    'null-terminated-string': (node) => {
      const object = this.#reader.object(node, ['type', 'encoding']);
      return { kind: 'string', encoding: this.#encoding(object), ...this.#reader.attributed(object) };
    },
    'static-length-string': (node) => this.#staticString(node),
    'dynamic-length-string': (node) => this.#dynamicString(node),
    'static-length-blob': (node) => this.#staticBlob(node),
    'dynamic-length-blob': (node) => this.#dynamicBlob(node),
    structure: (node) => this.#structure(node),
    'static-length-array': (node) => this.#staticArray(node),
    'dynamic-length-array': (node) => this.#dynamicArray(node),
    optional: (node) => this.#optional(node),
    variant: (node) => this.#variant(node),
  };

  constructor(reader: Ctf2Reader) {
    this.#reader = reader;
    this.locations = new Ctf2Locations(reader);
  }

  declareAlias(name: JsonNode, node: JsonNode): void {
    const text = this.#reader.string(name);
    if (this.#aliases.has(text)) throw this.#reader.error(`the alias \`${text}\` is declared twice`, name);
    this.#aliases.set(text, this.fieldClass(node));
  }

  /** The root of a scope, which is always a structure. */
  root(object: JsonObject, name: string): StructureFieldClass | undefined {
    const node = object.members.get(name);
    if (node === undefined) return undefined;
    const fieldClass = this.fieldClass(node);
    if (fieldClass.kind !== 'structure') throw this.#reader.error('a structure is needed here', node);
    if (this.#weights.exceedsWhole(fieldClass)) throw this.#reader.unsupported('a trace with that many fields', node);
    return fieldClass;
  }

  /** @param node a field class, or the name of an alias */
  fieldClass(node: JsonNode): FieldClass {
    if (node.kind === 'string') {
      const alias = this.#aliases.get(node.value);
      if (alias === undefined) throw this.#reader.error(`there is no alias \`${node.value}\` before this`, node);
      return alias;
    }
    const object = this.#reader.plainObject(node);
    const type = this.#reader.word(this.#reader.required(object, 'type'), Object.keys(this.#readers));
    const fieldClass = this.#readers[type]!(object);
    // First the number of parts: adding up sizes takes time for each part.
    if (this.#weights.isExcessive(fieldClass)) throw this.#reader.unsupported('a field class of that many parts', node);
    if (bitsMinOf(fieldClass) > STATIC_BITS_MAX) throw this.#reader.unsupported('a field class of this size', node);
    return fieldClass;
  }

  #bitField(node: JsonObject, what: string, further: readonly string[] = []): BitField {
    const reader = this.#reader;
    const object = reader.object(node, [...BIT_FIELD, ...further]);
    const lengthNode = reader.required(object, 'length');
    const bits = reader.count(lengthNode);
    if (bits === 0) throw reader.error('there must be at least one bit', lengthNode);
    if (bits > 64 && what !== 'number') throw reader.unsupported(`a field of ${bits} ${what}`, lengthNode);
    const order = reader.word(reader.required(object, 'byte-order'), ['little-endian', 'big-endian']);
    const bitOrderNode = object.members.get('bit-order');
    const usual = order === 'little-endian' ? 'first-to-last' : 'last-to-first';
    const bitOrder = bitOrderNode && reader.word(bitOrderNode, ['first-to-last', 'last-to-first']);
    return {
      bits,
      align: this.#alignment(object, 'alignment'),
      byteOrder: order === 'little-endian' ? 'le' : 'be',
      ...(bitOrder !== undefined && bitOrder !== usual && { bitsReversed: true }),
      ...this.#reader.attributed(object),
    };
  }

  #alignment(object: JsonObject, name: string): number {
    const node = object.members.get(name);
    if (node === undefined) return 1;
    const value = this.#reader.unsigned(node);
    if (value === 0n || (value & (value - 1n)) !== 0n) {
      throw this.#reader.error(`an alignment of ${value} is no power of two`, node);
    }
    if (value > ALIGN_BITS_MAX) throw this.#reader.unsupported(`an alignment of ${value} bits`, node);
    return Number(value);
  }

  #bitMap(node: JsonObject): FieldClass {
    const field = this.#bitField(node, 'bits', ['flags']);
    const flagsNode = this.#reader.required(node, 'flags');
    const { members } = this.#reader.plainObject(flagsNode);
    if (members.size === 0) throw this.#reader.error('a bit map needs a flag', flagsNode);
    const flags = [...members].flatMap(([name, ranges]) =>
      integerRanges(this.#reader, ranges, false).map(({ lower, upper }): BitFlag => {
        if (upper > BIT_INDEX_MAX) throw this.#reader.unsupported(`there is no bit ${upper}`, ranges);
        return { name, lower: Number(lower), upper: Number(upper) };
      }),
    );
    return { kind: 'bit-array', ...field, flags };
  }

  #integer(node: JsonObject, signed: boolean): FieldClass {
    const further = signed ? INTEGER : [...INTEGER, 'roles'];
    const integer: IntegerFieldClass = {
      kind: 'integer',
      signed,
      ...this.#bitField(node, 'bits', further),
      base: this.#base(node),
      encoding: 'none',
      ...this.#roles(node, INTEGER_ROLES),
    };
    return this.#withMappings(integer, node);
  }

  #variableInteger(node: JsonObject, signed: boolean): FieldClass {
    const object = this.#reader.object(node, ['type', ...INTEGER, ...(signed ? [] : ['roles'])]);
    const integer: VariableIntegerFieldClass = {
      kind: 'variable-integer',
      signed,
      base: this.#base(object),
      ...this.#roles(object, INTEGER_ROLES),
      ...this.#reader.attributed(object),
    };
    return this.#withMappings(integer, object);
  }

  #base(object: JsonObject): DisplayBase {
    const node = object.members.get('preferred-display-base');
    if (node === undefined) return 10;
    const value = this.#reader.unsigned(node);
    const base = BASES.find((b) => BigInt(b) === value);
    if (base === undefined) throw this.#reader.error('the base is one of 2, 8, 10 and 16', node);
    return base;
  }

  #roles<Role extends string>(object: JsonObject, known: readonly Role[]): { readonly roles?: readonly Role[] } {
    const node = object.members.get('roles');
    if (node === undefined) return {};
    const roles = this.#reader.array(node).items.map((item) => this.#reader.word(item, known));
    return roles.length === 0 ? {} : { roles: [...new Set(roles)] };
  }

  /** An integer whose values have names is an enumeration. */
  #withMappings(container: IntegerFieldClass | VariableIntegerFieldClass, object: JsonObject): FieldClass {
    const node = object.members.get('mappings');
    const members = node === undefined ? [] : [...this.#reader.plainObject(node).members];
    if (members.length === 0) return container;
    const mappings = members.flatMap(([label, ranges]) =>
      integerRanges(this.#reader, ranges, container.signed).map((range): EnumerationMapping => ({ label, ...range })),
    );
    return { kind: 'enumeration', container, mappings };
  }

  #float(node: JsonObject): FloatFieldClass {
    const field = this.#bitField(node, 'number');
    const bits = FLOAT_BITS.find((b) => b === field.bits);
    if (bits === undefined) {
      const isFormat = field.bits > 128 && field.bits % 32 === 0;
      const message = isFormat ? `a number of ${field.bits} bits` : `there are no numbers of ${field.bits} bits`;
      throw this.#reader.error(message, this.#reader.required(node, 'length'), isFormat ? 'UNSUPPORTED' : 'SEMANTICS');
    }
    return { kind: 'float', ...field, bits };
  }

  #encoding(object: JsonObject): TextEncoding {
    const node = object.members.get('encoding');
    return node === undefined ? 'utf8' : ENCODINGS[this.#reader.word(node, Object.keys(ENCODINGS))]!;
  }

  #staticString(node: JsonObject): FieldClass {
    const object = this.#reader.object(node, ['type', 'length', 'encoding']);
    const length = this.#reader.count(this.#reader.required(object, 'length'));
    const element = integerClass(8, { encoding: this.#encoding(object) });
    return { kind: 'static-array', element, length, ...this.#reader.attributed(object) };
  }

  #dynamicString(node: JsonObject): FieldClass {
    const object = this.#reader.object(node, ['type', 'length-field-location', 'encoding']);
    const length = this.locations.read(this.#reader.required(object, 'length-field-location'));
    const element = integerClass(8, { encoding: this.#encoding(object) });
    return { kind: 'dynamic-array', element, length, ...this.#reader.attributed(object) };
  }

  #staticBlob(node: JsonObject): FieldClass {
    const reader = this.#reader;
    const object = reader.object(node, ['type', 'length', 'media-type', 'roles']);
    return {
      kind: 'static-blob',
      length: reader.count(reader.required(object, 'length')),
      ...this.#mediaType(object),
      ...this.#roles(object, ['metadata-stream-uuid']),
      ...this.#reader.attributed(object),
    };
  }

  #dynamicBlob(node: JsonObject): FieldClass {
    const object = this.#reader.object(node, ['type', 'length-field-location', 'media-type']);
    const length = this.locations.read(this.#reader.required(object, 'length-field-location'));
    return { kind: 'dynamic-blob', length, ...this.#mediaType(object), ...this.#reader.attributed(object) };
  }

  #mediaType(object: JsonObject): { readonly mediaType?: string } {
    const mediaType = this.#reader.optionalString(object, 'media-type');
    return mediaType === undefined ? {} : { mediaType };
  }

  #structure(node: JsonObject): StructureFieldClass {
    const reader = this.#reader;
    const object = reader.object(node, ['type', 'member-classes', 'minimum-alignment']);
    const membersNode = object.members.get('member-classes');
    const names = new Set<string>();
    const members = (membersNode === undefined ? [] : reader.array(membersNode).items).map((item): StructureMember => {
      const memberObject = reader.object(item, ['name', 'field-class']);
      const nameNode = reader.required(memberObject, 'name');
      const name = reader.string(nameNode);
      if (names.has(name)) throw reader.error(`two members are called \`${name}\``, nameNode);
      names.add(name);
      const fieldClass = this.fieldClass(reader.required(memberObject, 'field-class'));
      return { name, fieldClass, ...this.#reader.attributed(memberObject) };
    });
    const align = this.#alignment(object, 'minimum-alignment');
    return { kind: 'structure', members, align, ...this.#reader.attributed(object) };
  }

  #staticArray(node: JsonObject): FieldClass {
    const object = this.#reader.object(node, ['type', 'element-field-class', 'minimum-alignment', 'length']);
    const length = this.#reader.count(this.#reader.required(object, 'length'));
    return { kind: 'static-array', ...this.#array(object), length };
  }

  #dynamicArray(node: JsonObject): FieldClass {
    const properties = ['type', 'element-field-class', 'minimum-alignment', 'length-field-location'];
    const object = this.#reader.object(node, properties);
    const length = this.locations.read(this.#reader.required(object, 'length-field-location'));
    return { kind: 'dynamic-array', ...this.#array(object), length };
  }

  #array(object: JsonObject) {
    const align = this.#alignment(object, 'minimum-alignment');
    return {
      element: this.fieldClass(this.#reader.required(object, 'element-field-class')),
      ...(align > 1 && { align }),
      ...this.#reader.attributed(object),
    };
  }

  #optional(node: JsonObject): FieldClass {
    const reader = this.#reader;
    const object = reader.object(node, ['type', 'field-class', 'selector-field-location', 'selector-field-ranges']);
    const ranges = object.members.get('selector-field-ranges');
    return {
      kind: 'optional',
      selector: this.locations.read(reader.required(object, 'selector-field-location')),
      ...(ranges !== undefined && { ranges: integerRanges(this.#reader, ranges, true) }),
      content: this.fieldClass(reader.required(object, 'field-class')),
      ...this.#reader.attributed(object),
    };
  }

  #variant(node: JsonObject): FieldClass {
    const reader = this.#reader;
    const object = reader.object(node, ['type', 'options', 'selector-field-location']);
    const optionsNode = reader.required(object, 'options');
    const options = reader.array(optionsNode).items.map((item) => this.#option(item));
    if (options.length === 0) throw reader.error('a variant needs an option', optionsNode);
    const names = options.map(({ name }) => name).filter((name) => name !== '');
    if (new Set(names).size < names.length) throw reader.error('two options have one name', optionsNode);
    if (intersect(options.map(({ ranges = [] }) => ranges))) {
      throw reader.error('a value selects two options', optionsNode);
    }
    const selector = this.locations.read(reader.required(object, 'selector-field-location'));
    return { kind: 'variant', selector, options, ...this.#reader.attributed(object) };
  }

  #option(node: JsonNode): VariantOption {
    const object = this.#reader.object(node, ['field-class', 'selector-field-ranges', 'name']);
    return {
      name: this.#reader.optionalString(object, 'name') ?? '',
      fieldClass: this.fieldClass(this.#reader.required(object, 'field-class')),
      ranges: integerRanges(this.#reader, this.#reader.required(object, 'selector-field-ranges'), true),
      ...this.#reader.attributed(object),
    };
  }
}
