import type { FieldClass, StructureFieldClass, VariantFieldClass, VariantOption } from '../model/field-class.ts';

/** A variant without a tag: it becomes a field class where it is used with one. */
export interface UntaggedVariant {
  readonly kind: 'untagged-variant';
  readonly options: readonly VariantOption[];
}

/** A variant that was declared by name, without a tag or with one. */
export type Variant = UntaggedVariant | VariantFieldClass;

export type TsdlType = FieldClass | UntaggedVariant;

/** Kinds of declared names. Each kind has its own names: `struct a` and `enum a` are different types. */
interface Declared {
  alias: TsdlType;
  struct: StructureFieldClass;
  enum: FieldClass;
  variant: Variant;
}

/**
 * Names of types within a pair of braces. Other names may be declared further out.
 *
 * @see CTF 1.8.3 §7.3.1 (lexical scope)
 */
export class TsdlScope {
  readonly #outer: TsdlScope | undefined;
  readonly #types = new Map<string, TsdlType>();
  readonly #fields = new Set<string>();

  constructor(outer?: TsdlScope) {
    this.#outer = outer;
  }

  find<Kind extends keyof Declared>(kind: Kind, name: string): Declared[Kind] | undefined {
    const type = this.#types.get(`${kind} ${name}`) as Declared[Kind] | undefined;
    return type ?? this.#outer?.find(kind, name);
  }

  /** @returns false if the name is taken in this scope */
  declare<Kind extends keyof Declared>(kind: Kind, name: string, type: Declared[Kind]): boolean {
    const key = `${kind} ${name}`;
    if (this.#types.has(key)) return false;
    this.#types.set(key, type);
    return true;
  }

  /** Adds the name of a field that stands between these braces. */
  addField(name: string): void {
    this.#fields.add(name);
  }

  /** Whether a field of this name stands before, between these braces or further out. */
  hasField(name: string): boolean {
    return this.#fields.has(name) || this.#outer?.hasField(name) === true;
  }
}
