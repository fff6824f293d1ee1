import { ALIGN_BITS_MAX } from '../decode/packet-window.ts';
import { bitsMinOf, integerOf } from '../model/class-facts.ts';
import type {
  ByteOrder,
  EnumerationFieldClass,
  EnumerationMapping,
  FieldClass,
  FieldLocation,
  FieldScope,
  FloatFieldClass,
  IntegerFieldClass,
  StructureFieldClass,
  StructureMember,
  VariantFieldClass,
  VariantOption,
} from '../model/field-class.ts';
import { visitFieldClasses } from '../model/field-class-walk.ts';
import { selectorProblem } from '../model/selector-problem.ts';
import type { EnvironmentValue } from '../model/trace-class.ts';
import type { Attribute, Declaration, Declarator, Expression, TypeSpecifier } from './tsdl-ast.ts';
import { TsdlScope, type TsdlType, type UntaggedVariant, type Variant } from './tsdl-scope.ts';
import type { TsdlValues } from './tsdl-values.ts';
import { TypeWeights } from './tsdl-weights.ts';

type Specifier<Kind extends TypeSpecifier['kind']> = Extract<TypeSpecifier, { kind: Kind }>;

/** Words before the members of each scope in an absolute path. */
const SCOPE_WORDS: readonly (readonly [FieldScope, string])[] = [
  ['packet-header', 'trace.packet.header.'],
  ['packet-context', 'stream.packet.context.'],
  ['event-record-header', 'stream.event.header.'],
  ['event-record-common-context', 'stream.event.context.'],
  ['event-record-specific-context', 'event.context.'],
  ['event-record-payload', 'event.fields.'],
];

const FLOAT_BITS = [16, 32, 64, 128] as const;
const FLOAT_EXPONENT_BITS = { 16: 5, 32: 8, 64: 11, 128: 15 } as const;

/** A class whose every instance would take more than this is refused when it is declared. */
const STATIC_BITS_MAX = 2 ** 30;

/** Turns type specifiers into field classes. */
export class TsdlTypes {
  readonly values: TsdlValues;
  /** Where the locations of the field classes stand in the text. */
  readonly locations = new Map<FieldLocation, number>();
  readonly #weights = new TypeWeights();
  readonly #nativeByteOrder: ByteOrder;
  readonly #clockNames: ReadonlySet<string>;
  /** Clocks that types refer to in vain, and where. */
  readonly #unknownClocks = new Map<string, number>();
  readonly #environment: ReadonlyMap<string, EnvironmentValue>;

  constructor(
    values: TsdlValues,
    nativeByteOrder: ByteOrder,
    clockNames: ReadonlySet<string>,
    environment: ReadonlyMap<string, EnvironmentValue>,
  ) {
    this.values = values;
    this.#nativeByteOrder = nativeByteOrder;
    this.#clockNames = clockNames;
    this.#environment = environment;
  }

  /** The root of a dynamic scope, which is always a structure. */
  rootStructure(type: TypeSpecifier, scope: TsdlScope): StructureFieldClass {
    const fieldClass = this.fieldClass(type, scope);
    if (fieldClass.kind !== 'structure') throw this.values.error('a structure is needed here', type.at);
    this.countRoot(fieldClass, type.at);
    if (this.#unknownClocks.size > 0) this.#refuseUnknownClocks(fieldClass);
    return fieldClass;
  }

  /** Adds the fields of a scope to the number of fields of the trace. */
  countRoot(root: StructureFieldClass, at: number): void {
    if (this.#weights.exceedsWhole(root)) throw this.values.unsupported('metadata of that many fields', at);
  }

  /** A type may be of a clock that is not there, as long as no field is of that type. */
  #refuseUnknownClocks(root: StructureFieldClass): void {
    visitFieldClasses(root, (fieldClass) => {
      const { clock } = integerOf(fieldClass) ?? {};
      const at = clock === undefined ? undefined : this.#unknownClocks.get(clock);
      if (at !== undefined) throw this.values.error(`there is no clock ${clock}`, at);
    });
  }

  fieldClass(type: TypeSpecifier, scope: TsdlScope): FieldClass {
    const found = this.#type(type, scope);
    if (found.kind === 'untagged-variant') throw this.values.error('this variant needs a tag', type.at);
    if (this.#weights.isExcessive(found)) throw this.values.unsupported('a type with that many fields', type.at);
    return found;
  }

  /** Declares the types of a declaration. The caller handles declarations of fields. */
  declare(declaration: Declaration, scope: TsdlScope): void {
    if (declaration.kind === 'fields') throw this.values.error('there are no fields here', declaration.type.at);
    const type = this.#type(declaration.type, scope);
    if (declaration.kind === 'typealias') {
      this.#declareAlias(type, declaration.alias, scope);
    } else if (declaration.kind === 'typedef') {
      for (const declarator of declaration.declarators) this.#declareAlias(type, declarator, scope);
    }
  }

  #declareAlias(type: TsdlType, declarator: Declarator, scope: TsdlScope): void {
    const { name, at } = declarator;
    if (!scope.declare('alias', name, this.#arrays(type, declarator, scope))) {
      throw this.values.error(`the type ${name} is declared twice`, at);
    }
  }

  #type(type: TypeSpecifier, scope: TsdlScope): TsdlType {
    switch (type.kind) {
      case 'integer':
        return this.#integer(type);
      case 'float':
        return this.#float(type);
      case 'string':
        return this.#string(type);
      case 'enum':
        return this.#enumeration(type, scope);
      case 'struct':
        return this.#structure(type, scope);
      case 'variant':
        return this.#variant(type, scope);
      default:
        return this.#named(type, scope);
    }
  }

  #named({ name, at }: Specifier<'named'>, scope: TsdlScope): TsdlType {
    const type = scope.find('alias', name);
    if (type === undefined) throw this.values.error(`there is no type ${name}`, at);
    return type;
  }

  #integer({ attributes, at }: Specifier<'integer'>): IntegerFieldClass {
    const { values } = this;
    let bits: number | undefined;
    let align: number | undefined;
    const optional: { clock?: string } = {};
    const rest: Pick<IntegerFieldClass, 'signed' | 'byteOrder' | 'base' | 'encoding'> = {
      signed: false,
      byteOrder: this.#nativeByteOrder,
      base: 10,
      encoding: 'none',
    };
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name === 'size') bits = this.#integerBits(value);
      else if (name === 'align') align = values.align(value, ALIGN_BITS_MAX);
      else if (name === 'signed') Object.assign(rest, { signed: values.boolean(value) });
      else if (name === 'byte_order')
        Object.assign(rest, { byteOrder: values.byteOrder(value, this.#nativeByteOrder) });
      else if (name === 'base') Object.assign(rest, { base: values.base(value) });
      else if (name === 'encoding') Object.assign(rest, { encoding: values.encoding(value) });
      else if (name === 'map') optional.clock = this.#clockName(value);
      else values.refuseUnknown(name, value, at);
    }
    if (bits === undefined) throw values.error('an integer needs a size', at);
    return { kind: 'integer', bits, align: align ?? (bits % 8 === 0 ? 8 : 1), ...rest, ...optional };
  }

  #integerBits(value: Expression): number {
    const bits = this.values.count(value);
    if (bits === 0) throw this.values.error('an integer has at least one bit', value.at);
    if (bits > 64) throw this.values.unsupported(`an integer of ${bits} bits`, value.at);
    return bits;
  }

  /** `clock.NAME.value` */
  #clockName(value: Expression): string {
    const words = this.values.text(value).split('.');
    const [prefix, name, suffix] = words;
    if (words.length !== 3 || prefix !== 'clock' || suffix !== 'value' || name === undefined) {
      throw this.values.error('a clock mapping is written clock.NAME.value', value.at);
    }
    if (!this.#clockNames.has(name)) this.#unknownClocks.set(name, value.at);
    return name;
  }

  #float({ attributes, at }: Specifier<'float'>): FloatFieldClass {
    const { values } = this;
    let exponentBits: number | undefined;
    let mantissaBits: number | undefined;
    let align: number | undefined;
    let byteOrder = this.#nativeByteOrder;
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name === 'exp_dig') exponentBits = values.count(value);
      else if (name === 'mant_dig') mantissaBits = values.count(value);
      else if (name === 'align') align = values.align(value, ALIGN_BITS_MAX);
      else if (name === 'byte_order') byteOrder = values.byteOrder(value, this.#nativeByteOrder);
      else throw values.error(`floating point numbers have no attribute ${name}`, at);
    }
    if (exponentBits === undefined || mantissaBits === undefined) {
      throw values.error('a floating point number needs exp_dig and mant_dig', at);
    }
    const bits = FLOAT_BITS.find((b) => b === exponentBits + mantissaBits);
    if (bits === undefined || exponentBits !== FLOAT_EXPONENT_BITS[bits])
      throw values.unsupported('only IEEE 754 interchange formats can be read', at);
    return { kind: 'float', bits, align: align ?? 8, byteOrder };
  }

  #string({ attributes }: Specifier<'string'>): FieldClass {
    let encoding: 'utf8' | 'ascii' = 'utf8';
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name !== 'encoding') throw this.values.error(`strings have no attribute ${name}`, at);
      const given = this.values.encoding(value);
      if (given !== 'none') encoding = given;
    }
    return { kind: 'string', encoding };
  }

  #distinct(attributes: readonly Attribute[]): readonly Attribute[] {
    const names = new Set<string>();
    for (const { name, at } of attributes) {
      if (names.has(name)) throw this.values.error(`there is a second ${name}`, at);
      names.add(name);
    }
    return attributes;
  }

  #enumeration(type: Specifier<'enum'>, scope: TsdlScope): FieldClass {
    const { name, at } = type;
    if (type.enumerators === undefined) {
      const found = name === undefined ? undefined : scope.find('enum', name);
      if (found === undefined) throw this.values.error(`there is no enumeration ${name ?? ''}`, at);
      return found;
    }
    const container = this.fieldClass(type.container ?? { kind: 'named', name: 'int', at }, scope);
    if (container.kind !== 'integer') throw this.values.error('an enumeration is stored in an integer', at);
    const fieldClass: EnumerationFieldClass = {
      kind: 'enumeration',
      container,
      mappings: this.#mappings(type, container),
    };
    if (name !== undefined && !scope.declare('enum', name, fieldClass)) {
      throw this.values.error(`the enumeration ${name} is declared twice`, at);
    }
    return fieldClass;
  }

  /** A label without a value has the value after the label before it. */
  #mappings({ enumerators = [], at }: Specifier<'enum'>, { bits, signed }: IntegerFieldClass): EnumerationMapping[] {
    if (enumerators.length === 0) throw this.values.error('an enumeration needs a label', at);
    const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
    const most = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
    let next = 0n;
    return enumerators.map((enumerator) => {
      const lower = enumerator.lower === undefined ? next : this.values.bigint(enumerator.lower);
      const upper = enumerator.upper === undefined ? lower : this.values.bigint(enumerator.upper);
      if (lower > upper) throw this.values.error(`the range of ${enumerator.label} is empty`, enumerator.at);
      if (lower < least || upper > most) {
        throw this.values.error(`the range of ${enumerator.label} exceeds ${bits} bits`, enumerator.at);
      }
      next = upper + 1n;
      return { label: enumerator.label, lower, upper };
    });
  }

  #structure(type: Specifier<'struct'>, scope: TsdlScope): StructureFieldClass {
    const { name, at } = type;
    let fieldClass: StructureFieldClass;
    if (type.body === undefined) {
      const found = name === undefined ? undefined : scope.find('struct', name);
      if (found === undefined) throw this.values.error(`there is no structure ${name ?? ''}`, at);
      fieldClass = found;
    } else {
      const inner = new TsdlScope(scope);
      const fields = this.#fields(type.body, inner, (name) => inner.addField(withoutUnderscore(name)));
      this.#refuseDuplicates(fields, at);
      const written = new Set(fields.map((field) => field.name));
      const members = fields.map((field) => ({ ...field, name: memberName(field.name, written) }));
      this.#checkSelectors(members);
      fieldClass = { kind: 'structure', members, align: 1 };
    }
    if (type.align !== undefined) {
      const align = Math.max(fieldClass.align, this.values.align(type.align, ALIGN_BITS_MAX));
      fieldClass = { ...fieldClass, align };
    }
    if (type.body !== undefined && name !== undefined && !scope.declare('struct', name, fieldClass)) {
      throw this.values.error(`the structure ${name} is declared twice`, at);
    }
    return fieldClass;
  }

  #variant(type: Specifier<'variant'>, scope: TsdlScope): TsdlType {
    const { name, at } = type;
    if (type.body === undefined) {
      const found = name === undefined ? undefined : scope.find('variant', name);
      if (found === undefined) throw this.values.error(`there is no variant ${name ?? ''}`, at);
      return type.tag === undefined ? found : this.#tagged(found, type.tag, scope);
    }

    // Options keep their underscores: they are compared with labels, which have theirs too.
    const options: VariantOption[] = this.#fields(type.body, new TsdlScope(scope), () => undefined);
    this.#refuseDuplicates(options, at);
    const untagged: UntaggedVariant = { kind: 'untagged-variant', options };
    const variant = type.tag === undefined ? untagged : this.#tagged(untagged, type.tag, scope);
    if (name !== undefined && !scope.declare('variant', name, variant)) {
      throw this.values.error(`the variant ${name} is declared twice`, at);
    }
    return variant;
  }

  #tagged({ options }: Variant, tag: Expression, scope: TsdlScope): VariantFieldClass {
    return { kind: 'variant', selector: this.#location(tag, scope), options };
  }

  /** Variants beside their selector are wrong whether or not anything uses the structure. */
  #checkSelectors(members: readonly StructureMember[]): void {
    const before = new Map<string, FieldClass>();
    for (const { name, fieldClass } of members) {
      if (fieldClass.kind === 'variant' && fieldClass.selector.scope === undefined) {
        const { path } = fieldClass.selector;
        const selector = path.length === 1 ? before.get(path[0]!) : undefined;
        const problem = selector && selectorProblem(fieldClass, selector);
        if (problem !== undefined) throw this.values.error(problem, this.locations.get(fieldClass.selector) ?? 0);
      }
      before.set(name, fieldClass);
    }
  }

  #refuseDuplicates(fields: readonly { readonly name: string }[], at: number): void {
    const names = new Set<string>();
    for (const { name } of fields) {
      if (names.has(name)) throw this.values.error(`two fields are called ${name}`, at);
      names.add(name);
    }
  }

  /** The fields between a pair of braces, with their names as written; other declarations there are taken. */
  #fields(body: readonly Declaration[], scope: TsdlScope, onField: (name: string) => void): StructureMember[] {
    const fields: StructureMember[] = [];
    for (const declaration of body) {
      if (declaration.kind !== 'fields') {
        this.declare(declaration, scope);
        continue;
      }
      const type = this.fieldClass(declaration.type, scope);
      for (const declarator of declaration.declarators) {
        fields.push({ name: declarator.name, fieldClass: this.#arrays(type, declarator, scope) as FieldClass });
        onField(declarator.name);
      }
    }
    return fields;
  }

  /** `a[2][3]` is an array of two arrays of three, as in C. */
  #arrays(type: TsdlType, { lengths, at }: Declarator, scope: TsdlScope): TsdlType {
    if (lengths.length === 0) return type;
    if (type.kind === 'untagged-variant') throw this.values.error('this variant needs a tag', at);
    return lengths.reduceRight<FieldClass>((element, length) => {
      if (length.kind === 'path' && length.words[0] !== 'env') {
        return { kind: 'dynamic-array', element, length: this.#location(length, scope) };
      }
      const count = length.kind === 'path' ? this.#environmentLength(length) : this.values.count(length);
      const fieldClass: FieldClass = { kind: 'static-array', element, length: count };
      if (bitsMinOf(fieldClass) > STATIC_BITS_MAX) throw this.values.unsupported('an array of this size', length.at);
      return fieldClass;
    }, type);
  }

  /** `env.NAME`: the environment contains the number of elements. */
  #environmentLength(expression: Extract<Expression, { kind: 'path' }>): number {
    const { words, at } = expression;
    const value = words.length === 2 ? this.#environment.get(words[1]!) : undefined;
    if (value === undefined) throw this.values.error(`there is no ${words.join('.')}`, at);
    if (typeof value === 'string') throw this.values.error(`${words.join('.')} is no integer`, at);
    return this.values.count({ kind: 'integer', value, at });
  }

  #location(expression: Expression, scope: TsdlScope): FieldLocation {
    const text = this.values.word(expression);
    const found = SCOPE_WORDS.find(([, prefix]) => text.startsWith(prefix));
    const names = (found === undefined ? text : text.slice(found[1].length)).split('.').map(withoutUnderscore);
    if (found === undefined && !scope.hasField(names[0]!)) {
      throw this.values.error(`there is no field ${names[0]} before this place`, expression.at);
    }
    const location: FieldLocation = found === undefined ? { path: names } : { scope: found[0], path: names };
    this.locations.set(location, expression.at);
    return location;
  }
}

/** Names of fields may be written with a leading underscore, so that no field is called like a keyword. */
function withoutUnderscore(name: string): string {
  return name.startsWith('_') ? name.slice(1) : name;
}

/**
 * The name of a field. Its leading underscore stays if another field of the structure has the name without it, as with
 * `a` and `_a`: two fields of one name could not be distinguished.
 */
function memberName(name: string, written: ReadonlySet<string>): string {
  const bare = withoutUnderscore(name);
  // Under a chain of `a`, `_a`, `__a`, … every name is taken; any gap in it makes room.
  let lower = bare;
  while (lower !== name && written.has(lower)) {
    if (!lower.startsWith('_')) return name;
    lower = lower.slice(1);
  }
  return bare;
}
