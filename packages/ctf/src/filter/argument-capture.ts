import type { ScalarSpec } from '../encode/scalar.ts';
import { toBytes, toList } from '../encode/values.ts';
import { type CaptureLeaf, type FilterScope, findCapture } from './argument-place.ts';
import { leafReader, readerAt, scalarReader } from './build-argument-filter.ts';
import type { Operand } from './evaluate.ts';
import type { FilterExpression } from './filter-ast.ts';

/** A value as JSON has it: integers beyond 53 bits are decimal text, and so are numbers that are none. */
export type CapturedOperand = null | boolean | number | string | readonly CapturedOperand[];

/** Where captures are cut. */
export interface CaptureLimits {
  /** Of a text, in UTF-16 code units. */
  readonly textLengthMax: number;
  readonly elementsMax: number;
}

/**
 * Reads values out of the arguments of a tracepoint. Lists that can be read only once are replaced by arrays in
 * `values`. Never throws.
 */
export type ArgumentCapture = (values: unknown[]) => readonly CapturedOperand[];

/**
 * The values of an event that a trigger reports: operands as a filter reads them, with three exceptions. Unsigned
 * integers keep all 64 bits, booleans stay booleans, and lists of numbers are captured whole. A value that the event
 * lacks is null, and so is a value that cannot be converted.
 */
export function buildArgumentCapture(
  expressions: readonly FilterExpression[],
  scope: FilterScope,
  limits: CaptureLimits,
): ArgumentCapture {
  const readers = expressions.map((expression) => {
    const place = expression.kind === 'field' ? findCapture(expression, scope) : undefined;
    return place === undefined ? () => null : readerAt(place, valueReader(place.leaf, limits));
  });
  return (values) =>
    readers.map((read) => {
      try {
        return read(values) ?? null;
      } catch {
        return null;
      }
    });
}

type ValueReader = (value: unknown) => CapturedOperand;

function valueReader(leaf: CaptureLeaf, { textLengthMax, elementsMax }: CaptureLimits): ValueReader {
  switch (leaf.kind) {
    case 'scalar':
      return scalarValue(leaf.spec);
    case 'list': {
      const element = scalarValue(leaf.element);
      return (value) => {
        const list = toList(value);
        const length = Math.min(leaf.length ?? list.length, elementsMax);
        return Array.from({ length }, (_, i) => element(i < list.length ? list[i] : 0));
      };
    }
    case 'bytes':
      return (value) => [...toBytes(value).subarray(0, elementsMax)];
    case 'presence':
      return (value) => value !== undefined && value !== null;
    default: {
      const read = leafReader(leaf);
      return (value) => {
        const operand = read(value);
        return typeof operand === 'string' ? operand.slice(0, textLengthMax) : asJson(operand);
      };
    }
  }
}

function scalarValue(spec: ScalarSpec): ValueReader {
  if (spec.kind === 'boolean') return (value) => Boolean(value);
  const read = scalarReader(spec);
  const integer = spec.kind === 'enumeration' ? spec.container : spec;
  if (integer.kind === 'float' || integer.signed || integer.bits < 64) return (value) => asJson(read(value));
  return (value) => {
    const operand = read(value);
    // Operands of filters have a sign.
    return (operand as number | bigint) < 0
      ? asJson(BigInt.asUintN(64, BigInt(operand as number | bigint)))
      : asJson(operand);
  };
}

function asJson(operand: Operand): CapturedOperand {
  if (operand === undefined) return null;
  if (typeof operand !== 'number') return operand.toString();
  return Number.isFinite(operand) ? operand : String(operand);
}
