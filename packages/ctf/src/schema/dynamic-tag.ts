/** The byte before a dynamic field's value: LTTng's numbers of the types that are written. */
export const DynamicTag = { NONE: 0, INT64: 4, DOUBLE: 10, STRING: 11 } as const;
export type DynamicTag = (typeof DynamicTag)[keyof typeof DynamicTag];
