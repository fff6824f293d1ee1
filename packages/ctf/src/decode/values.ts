/**
 * A decoded field.
 *
 * | field class | value |
 * | --- | --- |
 * | integer, enumeration | `number`; `bigint` for values that a number does not hold exactly |
 * | float | `number` |
 * | bit array | as an unsigned integer |
 * | boolean | `boolean` |
 * | string, array of text elements | `string`; bytes that are no UTF-8 are lone surrogates, see `encodeText` |
 * | array | array of the elements |
 * | BLOB | `Uint8Array`, a copy |
 * | structure | object with a property for each member |
 * | optional | the value of its content; `undefined` where it is absent |
 * | variant | {@link VariantValue} |
 */
export type FieldValue =
  | number
  | bigint
  | string
  | boolean
  | undefined
  | Uint8Array
  | readonly FieldValue[]
  | StructureValue
  | VariantValue;

export interface StructureValue {
  readonly [member: string]: FieldValue;
}

/** The field of the selected option. It is no plain object, so that it cannot be taken for a structure. */
export class VariantValue {
  /** Index of the option in the field class. */
  readonly option: number;
  readonly value: FieldValue;

  constructor(option: number, value: FieldValue) {
    this.option = option;
    this.value = value;
  }
}
