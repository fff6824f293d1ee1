import { textEncodingOf } from '../model/class-facts.ts';
import { rangesByLabel } from '../model/enumeration.ts';
import type {
  BitField,
  BitFlag,
  EnumerationFieldClass,
  FieldClass,
  FieldLocation,
  IntegerFieldClass,
  IntegerRange,
  StructureFieldClass,
  TextEncoding,
  VariableIntegerFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { hasMember, indexOfMember } from '../model/find-targets.ts';
import { type JsonTree, jsonText } from './json-text.ts';
import { MetadataPrintError } from './print-error.ts';

export type JsonMembers = { readonly [key: string]: JsonTree | undefined };

/**
 * Prints the field classes of one scope as CTF 2 JSON.
 *
 * Variants need more than their own class: CTF 2 selects an option by the ranges of its selector, the model by a label
 * of the enumeration that the selector is. So the printer remembers the enumerations it has passed, by structure.
 */
export class Ctf2FieldClassPrinter {
  /** Roots of the scopes printed so far, for absolute locations. */
  readonly #roots: ReadonlyMap<string, StructureFieldClass>;
  /**
   * Structures around the class being printed, outermost first, with the place in each of the member that is being
   * printed.
   */
  readonly #around: { readonly structure: StructureFieldClass; index: number }[] = [];

  /** @param roots the classes to which absolute locations may lead, by scope */
  constructor(roots: ReadonlyMap<string, StructureFieldClass>) {
    this.#roots = roots;
  }

  structure(structure: StructureFieldClass): JsonMembers {
    return {
      type: 'structure',
      'minimum-alignment': structure.align > 1 ? structure.align : undefined,
      'member-classes': this.members(structure),
      attributes: structure.attributes,
    };
  }

  members(structure: StructureFieldClass): readonly JsonMembers[] {
    const place = { structure, index: 0 };
    this.#around.push(place);
    const members = structure.members.map(({ name, fieldClass, attributes }, index) => {
      place.index = index;
      return { name, 'field-class': this.print(fieldClass), attributes };
    });
    this.#around.pop();
    return members;
  }

  print(fieldClass: FieldClass): JsonMembers {
    const { attributes } = fieldClass.kind === 'enumeration' ? fieldClass.container : fieldClass;
    return { ...this.#print(fieldClass), attributes };
  }

  #print(fieldClass: FieldClass): JsonMembers {
    switch (fieldClass.kind) {
      case 'integer':
      case 'variable-integer':
        return integer(fieldClass);
      case 'enumeration':
        return { ...integer(fieldClass.container), mappings: mappings(fieldClass) };
      case 'float':
        return { type: 'fixed-length-floating-point-number', ...bitArray(fieldClass) };
      case 'boolean':
        return { type: 'fixed-length-boolean', ...bitArray(fieldClass) };
      case 'bit-array':
        return fieldClass.flags === undefined
          ? { type: 'fixed-length-bit-array', ...bitArray(fieldClass) }
          : { type: 'fixed-length-bit-map', ...bitArray(fieldClass), flags: flags(fieldClass.flags) };
      case 'string':
        return { type: 'null-terminated-string', encoding: encoding(fieldClass.encoding) };
      case 'structure':
        return this.structure(fieldClass);
      case 'static-array': {
        const { element, length, align } = fieldClass;
        const text = textEncodingOf(element);
        if (text !== undefined) return { type: 'static-length-string', length, encoding: encoding(text) };
        return {
          type: 'static-length-array',
          'minimum-alignment': align,
          length,
          'element-field-class': this.print(element),
        };
      }
      case 'dynamic-array': {
        const { element, align } = fieldClass;
        const length = { 'length-field-location': this.#location(fieldClass.length) };
        const text = textEncodingOf(element);
        if (text !== undefined) return { type: 'dynamic-length-string', ...length, encoding: encoding(text) };
        return {
          type: 'dynamic-length-array',
          'minimum-alignment': align,
          ...length,
          'element-field-class': this.print(element),
        };
      }
      case 'static-blob':
        return {
          type: 'static-length-blob',
          length: fieldClass.length,
          'media-type': fieldClass.mediaType,
          roles: fieldClass.roles,
        };
      case 'dynamic-blob':
        return {
          type: 'dynamic-length-blob',
          'length-field-location': this.#location(fieldClass.length),
          'media-type': fieldClass.mediaType,
        };
      case 'optional':
        return {
          type: 'optional',
          'selector-field-location': this.#location(fieldClass.selector),
          'selector-field-ranges': fieldClass.ranges?.map(range),
          'field-class': this.print(fieldClass.content),
        };
      case 'variant':
        return this.#variant(fieldClass);
    }
  }

  #variant(variant: VariantFieldClass): JsonMembers {
    const byLabels = variant.options.every(({ ranges }) => ranges !== undefined)
      ? undefined
      : rangesByLabel(this.#resolve(variant.selector));
    return {
      type: 'variant',
      'selector-field-location': this.#location(variant.selector),
      options: variant.options.map((option) => {
        const ranges = option.ranges ?? byLabels?.get(option.name);
        if (ranges === undefined) {
          throw new MetadataPrintError(`no label of the selector selects the option "${option.name}"`);
        }
        return {
          name: option.name === '' ? undefined : option.name,
          'field-class': this.print(option.fieldClass),
          'selector-field-ranges': ranges.map(range),
          attributes: option.attributes,
        };
      }),
    };
  }

  /** The enumeration that selects a variant's option. */
  #resolve(selector: FieldLocation): EnumerationFieldClass {
    const { targets } = this.#find(selector);
    const [first, ...others] = targets;
    const text = selector.path.join('.');
    if (first?.kind !== 'enumeration') {
      throw new MetadataPrintError(`the selector ${text} of a variant is not an enumeration`);
    }
    // CTF 2 knows one set of values for each option, whichever selector occurred.
    const isOne = others.every((o) => o.kind === 'enumeration' && jsonText(mappings(o)) === jsonText(mappings(first)));
    if (!isOne) throw new MetadataPrintError(`the selector ${text} of a variant has several meanings`);
    return first;
  }

  /**
   * CTF 1.8 searches the first name of a relative location in the structures around it, from the innermost outwards,
   * and may name options of variants. CTF 2 contains the number of structures to skip, and does not name options.
   */
  #location(location: FieldLocation): JsonMembers {
    const { scope } = location;
    if (location.path.length === 0) throw new MetadataPrintError('a field location without a path');
    const { outer, path } = this.#find(location);
    return { origin: scope, path: [...new Array<null>(outer).fill(null), ...path] };
  }

  #find({ scope, path, outer }: FieldLocation) {
    if (scope !== undefined) return { outer: 0, ...follow(this.#roots.get(scope), path) };
    const last = this.#around.length - 1;
    for (let up = outer ?? 0; up <= last; up++) {
      const { structure, index } = this.#around[last - up]!;
      const isBefore = indexOfMember(structure, path[0]!) < index;
      if (outer !== undefined || isBefore) return { outer: up, ...follow(structure, path) };
    }
    return { outer: outer ?? 0, path, targets: [] };
  }
}

/** Follows names down, through all elements, contents and options that have none. */
function follow(root: StructureFieldClass | undefined, path: readonly string[]) {
  let targets: FieldClass[] = root === undefined ? [] : [root];
  const names: string[] = [];
  for (const name of path) {
    const inner = targets.flatMap((target) => structuresIn(target, name));
    // A location that cannot be found stays as it is: reading it reports the error.
    if (inner.length === 0 || inner.some((found) => !found.isOption)) names.push(name);
    targets = inner.map(({ fieldClass }) => fieldClass);
  }
  return { path: names, targets };
}

interface Named {
  readonly fieldClass: FieldClass;
  readonly isOption: boolean;
}

function structuresIn(fieldClass: FieldClass, name: string): Named[] {
  switch (fieldClass.kind) {
    case 'structure':
      return hasMember(fieldClass, name)
        ? [{ fieldClass: fieldClass.members[indexOfMember(fieldClass, name)]!.fieldClass, isOption: false }]
        : [];
    case 'static-array':
    case 'dynamic-array':
      return structuresIn(fieldClass.element, name);
    case 'optional':
      return structuresIn(fieldClass.content, name);
    case 'variant': {
      const option = fieldClass.options.find((candidate) => candidate.name === name);
      if (option !== undefined) return [{ fieldClass: option.fieldClass, isOption: true }];
      return fieldClass.options.flatMap((candidate) => structuresIn(candidate.fieldClass, name));
    }
    default:
      return [];
  }
}

function integer(fieldClass: IntegerFieldClass | VariableIntegerFieldClass): JsonMembers {
  const length = fieldClass.kind === 'integer' ? 'fixed' : 'variable';
  return {
    type: `${length}-length-${fieldClass.signed ? 'signed' : 'unsigned'}-integer`,
    ...(fieldClass.kind === 'integer' && bitArray(fieldClass)),
    'preferred-display-base': fieldClass.base === 10 ? undefined : fieldClass.base,
    roles: fieldClass.roles,
  };
}

function bitArray({ bits, align, byteOrder, bitsReversed }: BitField): JsonMembers {
  const reversed = byteOrder === 'le' ? 'last-to-first' : 'first-to-last';
  return {
    length: bits,
    alignment: align > 1 ? align : undefined,
    'byte-order': byteOrder === 'le' ? 'little-endian' : 'big-endian',
    'bit-order': bitsReversed ? reversed : undefined,
  };
}

/** UTF-8 goes without saying. */
function encoding(text: TextEncoding): string | undefined {
  return text === 'utf8' || text === 'ascii' ? undefined : `utf-${text.slice(3)}`;
}

function flags(bits: readonly BitFlag[]): JsonTree {
  const byName = new Map<string, JsonTree[]>();
  for (const { name, lower, upper } of bits) {
    const ranges = byName.get(name);
    if (ranges === undefined) byName.set(name, [[lower, upper]]);
    else ranges.push([lower, upper]);
  }
  return byName;
}

/** Ranges by label; a label may have several. */
function mappings(enumeration: EnumerationFieldClass): JsonTree {
  return new Map([...rangesByLabel(enumeration)].map(([label, ranges]) => [label, ranges.map(range)]));
}

function range({ lower, upper }: IntegerRange): JsonTree {
  return [lower, upper];
}
