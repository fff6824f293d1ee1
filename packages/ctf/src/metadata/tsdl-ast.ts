/**
 * The syntax tree of TSDL. `at` is an offset in the metadata text, for messages.
 *
 * @see CTF 1.8.3 annex C (TSDL grammar)
 */

export type Expression =
  | { readonly kind: 'integer'; readonly value: bigint; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  /** Identifiers with dots: a keyword, a field, `clock.monotonic.value`. */
  | { readonly kind: 'path'; readonly words: readonly string[]; readonly at: number };

export interface Attribute {
  readonly name: string;
  readonly value: Expression;
  readonly at: number;
}

export interface Enumerator {
  readonly label: string;
  readonly lower?: Expression;
  readonly upper?: Expression;
  readonly at: number;
}

export type TypeSpecifier =
  | { readonly kind: 'integer'; readonly attributes: readonly Attribute[]; readonly at: number }
  | { readonly kind: 'float'; readonly attributes: readonly Attribute[]; readonly at: number }
  | { readonly kind: 'string'; readonly attributes: readonly Attribute[]; readonly at: number }
  | {
      readonly kind: 'enum';
      readonly name?: string;
      readonly container?: TypeSpecifier;
      readonly enumerators?: readonly Enumerator[];
      readonly at: number;
    }
  | {
      readonly kind: 'struct';
      readonly name?: string;
      readonly body?: readonly Declaration[];
      readonly align?: Expression;
      readonly at: number;
    }
  | {
      readonly kind: 'variant';
      readonly name?: string;
      readonly tag?: Expression;
      readonly body?: readonly Declaration[];
      readonly at: number;
    }
  /** A typealias or typedef: `uint32_t`, `unsigned long`, `char *`. */
  | { readonly kind: 'named'; readonly name: string; readonly at: number };

export type Specifier<Kind extends TypeSpecifier['kind']> = Extract<TypeSpecifier, { readonly kind: Kind }>;

export interface Declarator {
  readonly name: string;
  /** From the outermost array to the innermost, as written. */
  readonly lengths: readonly Expression[];
  readonly at: number;
}

export type Declaration =
  | { readonly kind: 'fields'; readonly type: TypeSpecifier; readonly declarators: readonly Declarator[] }
  | { readonly kind: 'typedef'; readonly type: TypeSpecifier; readonly declarators: readonly Declarator[] }
  | { readonly kind: 'typealias'; readonly type: TypeSpecifier; readonly alias: Declarator }
  /** `struct foo { … };`, `enum foo { … };`, `variant foo { … };` */
  | { readonly kind: 'type'; readonly type: TypeSpecifier };

export type Entry =
  | { readonly kind: 'value'; readonly name: string; readonly value: Expression; readonly at: number }
  | { readonly kind: 'type-value'; readonly name: string; readonly type: TypeSpecifier; readonly at: number }
  | { readonly kind: 'declaration'; readonly declaration: Declaration };

export const BLOCK_KEYWORDS = ['trace', 'env', 'clock', 'stream', 'event', 'callsite'] as const;
export type BlockKeyword = (typeof BLOCK_KEYWORDS)[number];

export interface Block {
  readonly keyword: BlockKeyword;
  readonly entries: readonly Entry[];
  readonly at: number;
}

export interface TsdlDocument {
  readonly blocks: readonly Block[];
  readonly declarations: readonly Declaration[];
}
