import { ALIGN_BITS_MAX } from '../decode/packet-window.ts';
import { bitsMinOf } from '../model/class-facts.ts';
import type {
  ByteOrder,
  EnumerationFieldClass,
  FieldClass,
  FieldLocation,
  FieldScope,
  StructureFieldClass,
  StructureMember,
  VariantFieldClass,
  VariantOption,
} from '../model/field-class.ts';
import { selectorProblem } from '../model/selector-problem.ts';
import type { EnvironmentValue } from '../model/trace-class.ts';
import type { Declaration, Declarator, Expression, Specifier, TypeSpecifier } from './tsdl-ast.ts';
import { TsdlScalarTypes } from './tsdl-scalar-types.ts';
import { TsdlScope, type TsdlType, type UntaggedVariant, type Variant } from './tsdl-scope.ts';
import type { TsdlValues } from './tsdl-values.ts';
import { TypeWeights } from './tsdl-weights.ts';

/** Words before the members of each scope in an absolute path. */
const SCOPE_WORDS: readonly (readonly [FieldScope, string])[] = [
  ['packet-header', 'trace.packet.header.'],
  ['packet-context', 'stream.packet.context.'],
  ['event-record-header', 'stream.event.header.'],
  ['event-record-common-context', 'stream.event.context.'],
  ['event-record-specific-context', 'event.context.'],
  ['event-record-payload', 'event.fields.'],
];

/** A class whose every instance would take more than this is refused when it is declared. */
const STATIC_BITS_MAX = 2 ** 30;

/** Turns type specifiers into field classes. `TsdlScalarTypes` has the types that need no other type. */
export class TsdlTypes {
  readonly values: TsdlValues;
  /** Where the locations of the field classes stand in the text. */
  readonly locations = new Map<FieldLocation, number>();
  readonly #weights = new TypeWeights();
  readonly #scalars: TsdlScalarTypes;
  readonly #environment: ReadonlyMap<string, EnvironmentValue>;

  constructor(
    values: TsdlValues,
    nativeByteOrder: ByteOrder,
    clockNames: ReadonlySet<string>,
    environment: ReadonlyMap<string, EnvironmentValue>,
  ) {
    this.values = values;
    this.#scalars = new TsdlScalarTypes(values, nativeByteOrder, clockNames);
    this.#environment = environment;
  }

  /** The root of a dynamic scope, which is always a structure. */
  rootStructure(type: TypeSpecifier, scope: TsdlScope): StructureFieldClass {
    const fieldClass = this.fieldClass(type, scope);
    if (fieldClass.kind !== 'structure') throw this.values.error('a structure is needed here', type.at);
    this.countRoot(fieldClass, type.at);
    this.#scalars.refuseUnknownClocks(fieldClass);
    return fieldClass;
  }

  /** Adds the fields of a scope to the number of fields of the trace. */
  countRoot(root: StructureFieldClass, at: number): void {
    if (this.#weights.exceedsWhole(root)) throw this.values.unsupported('metadata of that many fields', at);
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
        return this.#scalars.integer(type);
      case 'float':
        return this.#scalars.float(type);
      case 'string':
        return this.#scalars.string(type);
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
      mappings: this.#scalars.mappings(type, container),
    };
    if (name !== undefined && !scope.declare('enum', name, fieldClass)) {
      throw this.values.error(`the enumeration ${name} is declared twice`, at);
    }
    return fieldClass;
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
