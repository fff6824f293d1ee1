export type * from './model/field-class.ts';
export type * from './model/trace-class.ts';
export type * from './spec/field-spec.ts';
