import type { FieldType, ValueOf } from './fields.ts';

/**
 * A tracepoint: call it with one value per field, in order.
 *
 * It returns nothing and never throws. While no session records it, a call costs one load and one compare.
 */
export interface Tracepoint<Arguments extends readonly unknown[]> {
  (...values: Arguments): void;
  /** Whether a call would record now: for programs whose arguments are costly to compute. */
  readonly enabled: boolean;
}

export type FieldsByName = Readonly<Record<string, FieldType<unknown>>>;
export type FieldList = readonly (readonly [name: string, type: FieldType<unknown>])[];

/** One argument per entry of a field list, each of exactly its field's type. */
export type ListedArguments<L extends FieldList> = {
  -readonly [I in keyof L]: L[I] extends readonly [string, infer F] ? ValueOf<F> : never;
};

/**
 * One argument per field of a field object, each of a type that one of the fields accepts.
 *
 * TypeScript keeps no order among an object's properties: the compiler knows the number of arguments and their possible
 * types, but not the type of each one. With a list of pairs it checks each argument.
 */
export type NamedArguments<F extends FieldsByName> = OnePerKey<keyof F, ValueOf<F[keyof F]>>;

type OnePerKey<Keys, Value, Tuple extends unknown[] = []> = [Keys] extends [never]
  ? Tuple
  : OnePerKey<Exclude<Keys, OneOf<Keys>>, Value, [Value, ...Tuple]>;
type OneOf<Union> =
  IntersectionOf<Union extends unknown ? () => Union : never> extends () => infer Member ? Member : never;
type IntersectionOf<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  all: infer Intersection,
) => void
  ? Intersection
  : never;
