export type * from './model/field-class.ts';
export type * from './model/trace-class.ts';
export type * from './spec/field-spec.ts';
export { buildEventEncoder } from './encode/closure-encoder.ts';
export { type EncoderSource, emitEventEncoder } from './encode/compiled-encoder.ts';
export { Scratch } from './encode/scratch.ts';
export { buildPayloadEncoder, compilePayloadEncoder, type PayloadEncoder } from './encode/standalone.ts';
export { ValueError, type ValueErrorCode } from './encode/values.ts';
