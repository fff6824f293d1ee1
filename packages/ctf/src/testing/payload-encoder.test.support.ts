import { buildEventEncoder } from '../encode/closure-encoder.ts';
import { emitEventEncoder } from '../encode/compiled-encoder.ts';
import { Scratch } from '../encode/scratch.ts';
import type { WrongValues } from '../encode/wrong-values.ts';
import type { NamedFieldSpec } from '../schema/field-spec.ts';

/** The payload bytes of one event from its argument values, in order. Throws where a value cannot be converted. */
export type PayloadEncoder = (values: readonly unknown[]) => Uint8Array;

/** A payload encoder made of closures. */
export function buildPayloadEncoder(fields: readonly NamedFieldSpec[], wrongValues?: WrongValues): PayloadEncoder {
  const encode = buildEventEncoder(fields, wrongValues);
  return (values) => {
    const scratch = new Scratch();
    encode(scratch, values);
    return scratch.u8.slice(0, scratch.top);
  };
}

/**
 * A payload encoder compiled from the same source text that goes into recorders.
 *
 * @throws {EvalError} where the runtime forbids code generation.
 */
export function compilePayloadEncoder(fields: readonly NamedFieldSpec[], wrongValues?: WrongValues): PayloadEncoder {
  const names = fields.map((_, i) => `a${i}`);
  const source = emitEventEncoder(fields, names, '', wrongValues);
  const body = `
    return (${names.join(', ')}) => {
      scratch.top = 0;
      ${source.prepare}
      const sizeMax = ${source.sizeMax}, sizeExact = ${source.sizeExact};
      const u8 = new Uint8Array(sizeMax), dv = new DataView(u8.buffer);
      let p = 0;
      ${source.write}
      if (p !== sizeExact) throw new RangeError('wrote ' + p + ' bytes of ' + sizeExact);
      return u8.subarray(0, p);
    };`;
  const encode = new Function('scratch', ...source.constants.keys(), body)(new Scratch(), ...source.constants.values());
  return (values) => encode(...values);
}
