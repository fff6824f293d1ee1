import { textEncodingOf } from '../decode/class-facts.ts';
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
import type { JsonTree } from './json-text.ts';
import { MetadataPrintError } from './print-error.ts';

export type JsonMembers = { readonly [key: string]: JsonTree | undefined };

/**
 * Prints the field classes of one scope as CTF 2 JSON.
 *
 * Variants need more than their own class: CTF 2 selects an option by the ranges of its selector, the model by a label of
 * the enumeration that the selector is. So the printer remembers the enumerations it has passed, by structure.
 */
export class Ctf2FieldClassPrinter {
  /** Roots of the scopes printed so far, for absolute locations. */
  readonly #roots: ReadonlyMap<string, StructureFieldClass>;
  /** Structures around the class being printed, outermost first. */
  readonly #around: StructureFieldClass[] = [];

  /** @param roots what absolute locations may lead into, by scope */
  constructor(roots: ReadonlyMap<string, StructureFieldClass>) {
    this.#roots = roots;
  }

  structure(structure: StructureFieldClass): JsonMembers {
    return {
      type: 'structure',
      'minimum-alignment': structure.align > 1 ? structure.align : undefined,
      'member-classes': this.members(structure),
    };
  }

  members(structure: StructureFieldClass): readonly JsonMembers[] {
    this.#around.push(structure);
    const members = structure.members.map(({ name, fieldClass }) => ({ name, 'field-class': this.print(fieldClass) }));
    this.#around.pop();
    return members;
  }

  print(fieldClass: FieldClass): JsonMembers {
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
        const length = { 'length-field-location': location(fieldClass.length) };
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
          'length-field-location': location(fieldClass.length),
          'media-type': fieldClass.mediaType,
        };
      case 'optional':
        return {
          type: 'optional',
          'selector-field-location': location(fieldClass.selector),
          'selector-field-ranges': fieldClass.ranges?.map(range),
          'field-class': this.print(fieldClass.content),
        };
      case 'variant':
        return this.#variant(fieldClass);
    }
  }

  #variant(variant: VariantFieldClass): JsonMembers {
    return {
      type: 'variant',
      'selector-field-location': location(variant.selector),
      options: variant.options.map((option) => {
        const ranges = option.ranges ?? this.#rangesOfLabel(variant.selector, option.name);
        return {
          name: option.name === '' ? undefined : option.name,
          'field-class': this.print(option.fieldClass),
          'selector-field-ranges': ranges.map(range),
        };
      }),
    };
  }

  #rangesOfLabel(selector: FieldLocation, name: string): readonly IntegerRange[] {
    const selected = this.#resolve(selector).mappings.filter(({ label }) => label === name);
    if (selected.length === 0) throw new MetadataPrintError(`no label of the selector selects the option "${name}"`);
    return selected;
  }

  /** The enumeration that selects a variant's option. */
  #resolve({ scope, path }: FieldLocation): EnumerationFieldClass {
    const root = scope === undefined ? this.#innermostWith(path[0]) : this.#roots.get(scope);
    let fieldClass: FieldClass | undefined = root;
    for (const name of path) {
      if (fieldClass?.kind !== 'structure') break;
      fieldClass = fieldClass.members.find((member) => member.name === name)?.fieldClass;
    }
    if (fieldClass?.kind === 'enumeration') return fieldClass;
    throw new MetadataPrintError(`the selector ${path.join('.')} of a variant is not an enumeration`);
  }

  #innermostWith(name: string | undefined): StructureFieldClass | undefined {
    return this.#around.findLast(({ members }) => members.some((member) => member.name === name));
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

function flags(bits: readonly BitFlag[]): JsonMembers {
  const byName = new Map<string, JsonTree[]>();
  for (const { name, lower, upper } of bits) byName.set(name, [...(byName.get(name) ?? []), [lower, upper]]);
  return Object.fromEntries(byName);
}

/** Ranges by label; a label may have several. */
function mappings(enumeration: EnumerationFieldClass): JsonMembers {
  const byLabel = new Map<string, JsonTree[]>();
  for (const mapping of enumeration.mappings) {
    const ranges = byLabel.get(mapping.label);
    if (ranges === undefined) byLabel.set(mapping.label, [range(mapping)]);
    else ranges.push(range(mapping));
  }
  return Object.fromEntries(byLabel);
}

function range({ lower, upper }: IntegerRange): JsonTree {
  return [lower, upper];
}

function location({ scope, path, outer = 0 }: FieldLocation): JsonMembers {
  if (path.length === 0) throw new MetadataPrintError('a field location without a path');
  return { origin: scope, path: [...new Array<null>(outer).fill(null), ...path] };
}
