/** A JSON value. Whole numbers are bigints, others numbers. */
export type AttributeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Attributes of CTF 2 metadata for some readers only, by namespace. */
export type Attributes = { readonly [namespace: string]: AttributeValue };

export interface Attributed {
  readonly attributes?: Attributes;
}
