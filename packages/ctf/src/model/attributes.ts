/** What JSON can say. Whole numbers are bigints, others numbers. */
export type AttributeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** What CTF 2 metadata says for some readers only, by their namespace. */
export type Attributes = { readonly [namespace: string]: AttributeValue };

export interface Attributed {
  readonly attributes?: Attributes;
}
