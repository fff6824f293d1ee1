import type { EnumerationSpec, FieldSpec, FloatSpec, IntegerSpec } from '../schema/field-spec.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host.ts';

/** Fields of a size that is fixed and that one store writes. */
export type ScalarSpec = IntegerSpec | FloatSpec | EnumerationSpec | { readonly kind: 'boolean' };

export function isScalar(spec: FieldSpec): spec is ScalarSpec {
  return spec.kind === 'integer' || spec.kind === 'float' || spec.kind === 'boolean' || spec.kind === 'enumeration';
}

/** Size in bytes. */
export function scalarBytes(spec: ScalarSpec): number {
  if (spec.kind === 'boolean') return 1;
  if (spec.kind === 'enumeration') return spec.container.bits / 8;
  return spec.bits / 8;
}

/** The `DataView` method that writes it; 64-bit integers have `putU64` and `putI64`. */
export function setterOf(
  spec: IntegerSpec | FloatSpec,
):
  | 'setFloat32'
  | 'setFloat64'
  | 'setInt8'
  | 'setUint8'
  | 'setInt16'
  | 'setUint16'
  | 'setInt32'
  | 'setUint32'
  | 'put64' {
  if (spec.kind === 'float') return spec.bits === 32 ? 'setFloat32' : 'setFloat64';
  switch (spec.bits) {
    case 8:
      return spec.signed ? 'setInt8' : 'setUint8';
    case 16:
      return spec.signed ? 'setInt16' : 'setUint16';
    case 32:
      return spec.signed ? 'setInt32' : 'setUint32';
    case 64:
      return 'put64';
  }
}

/** The typed array whose memory equals a sequence of this element in a record. */
export function typedArrayOf(spec: FieldSpec): TypedArrayConstructor | undefined {
  if (!HOST_IS_LITTLE_ENDIAN) return undefined;
  if (spec.kind === 'float') return spec.bits === 32 ? Float32Array : Float64Array;
  if (spec.kind !== 'integer') return undefined;
  switch (spec.bits) {
    case 8:
      return spec.signed ? Int8Array : Uint8Array;
    case 16:
      return spec.signed ? Int16Array : Uint16Array;
    case 32:
      return spec.signed ? Int32Array : Uint32Array;
    case 64:
      return spec.signed ? BigInt64Array : BigUint64Array;
  }
}

export type TypedArrayConstructor =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;
