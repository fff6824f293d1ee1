import type { LogLevelName } from '@ringtail/protocol/log-level';
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

export interface TracepointOptions {
  /** Default: `debug_line`, as in LTTng. */
  readonly logLevel?: LogLevelName;
}

/** The fields of a tracepoint, in the order of its arguments. */
export type FieldList = readonly (readonly [name: string, type: FieldType<unknown>])[];

/** The arguments of a tracepoint with these fields: one for each field, in order. */
export type ArgumentsOf<Fields extends FieldList> = {
  -readonly [I in keyof Fields]: Fields[I] extends readonly [infer Name, infer Type]
    ? Argument<Name, ValueOf<Type>>
    : never;
};

/**
 * A value for the field `Name`: any `T`. TypeScript cannot name parameters after texts, so editors and compilers show
 * the field's name in the parameter's type.
 */
export type Argument<Name, T> = T | NameOnly<Name>;

declare const nameOnly: unique symbol;
/** No value has this type. */
interface NameOnly<Name> {
  readonly [nameOnly]: Name;
}
