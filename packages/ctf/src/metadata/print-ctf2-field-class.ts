import type {
  ByteOrder,
  EnumerationFieldClass,
  EnumerationMapping,
  FieldClass,
  FieldLocation,
  IntegerFieldClass,
  StructureFieldClass,
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
        return integer(fieldClass);
      case 'enumeration':
        return { ...integer(fieldClass.container), mappings: mappings(fieldClass) };
      case 'float':
        return { type: 'fixed-length-floating-point-number', ...bitArray(fieldClass) };
      case 'boolean':
        return { type: 'fixed-length-boolean', ...bitArray(fieldClass) };
      case 'string':
        return { type: 'null-terminated-string' };
      case 'structure':
        return this.structure(fieldClass);
      case 'static-array': {
        const { element, length } = fieldClass;
        if (isText(element)) return { type: 'static-length-string', length };
        return { type: 'static-length-array', length, 'element-field-class': this.print(element) };
      }
      case 'dynamic-array': {
        const length = { 'length-field-location': location(fieldClass.length) };
        if (isText(fieldClass.element)) return { type: 'dynamic-length-string', ...length };
        return { type: 'dynamic-length-array', ...length, 'element-field-class': this.print(fieldClass.element) };
      }
      case 'dynamic-blob':
        return {
          type: 'dynamic-length-blob',
          'length-field-location': location(fieldClass.length),
          'media-type': fieldClass.mediaType,
        };
      case 'variant':
        return this.#variant(fieldClass);
    }
  }

  #variant(variant: VariantFieldClass): JsonMembers {
    const selector = this.#resolve(variant.selector);
    return {
      type: 'variant',
      'selector-field-location': location(variant.selector),
      options: variant.options.map(({ name, fieldClass }) => {
        const selected = selector.mappings.filter(({ label }) => label === name);
        if (selected.length === 0)
          throw new MetadataPrintError(`no label of the selector selects the option "${name}"`);
        return { name, 'field-class': this.print(fieldClass), 'selector-field-ranges': selected.map(range) };
      }),
    };
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

function integer(fieldClass: IntegerFieldClass): JsonMembers {
  return {
    type: fieldClass.signed ? 'fixed-length-signed-integer' : 'fixed-length-unsigned-integer',
    ...bitArray(fieldClass),
    'preferred-display-base': fieldClass.base === 10 ? undefined : fieldClass.base,
    roles: fieldClass.roles,
  };
}

function bitArray({ bits, align, byteOrder }: { bits: number; align: number; byteOrder: ByteOrder }): JsonMembers {
  return {
    length: bits,
    alignment: align > 1 ? align : undefined,
    'byte-order': byteOrder === 'le' ? 'little-endian' : 'big-endian',
  };
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

function range({ lower, upper }: EnumerationMapping): JsonTree {
  return [lower, upper];
}

function isText(element: FieldClass): boolean {
  return element.kind === 'integer' && element.bits === 8 && element.encoding !== 'none';
}

function location({ scope, path }: FieldLocation): JsonMembers {
  if (path.length === 0) throw new MetadataPrintError('a field location without a path');
  return { origin: scope, path };
}
