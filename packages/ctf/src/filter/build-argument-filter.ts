import type { ScalarSpec } from '../encode/scalar.ts';
import { toText, utf8Bytes } from '../encode/text.ts';
import { labelTable, toBytes, toEnumerator, toList } from '../encode/values.ts';
import {
  type ArgumentPlace,
  beginsWithList,
  type CaptureLeaf,
  type FilterScope,
  findPlace,
  type PlaceLeaf,
  type PlaceStep,
} from './argument-place.ts';
import { asWritten, dynamicOperand } from './argument-text.ts';
import { type Evaluate, evaluatorOf, type Operand } from './evaluate.ts';
import type { FilterExpression } from './filter-ast.ts';
import { integer64 } from './operators.ts';

/**
 * Whether an event with these arguments is wanted. Lists that can be read only once are replaced by arrays in `values`.
 * Throws where a value that the filter reads cannot be converted.
 */
export type ArgumentPredicate = (values: unknown[]) => boolean;

/** A filter over the arguments of a tracepoint, made of closures: for runtimes that forbid code generation. */
export function buildArgumentFilter(expression: FilterExpression, scope: FilterScope): ArgumentPredicate {
  return evaluatorOf<unknown[]>(expression, (field) => {
    const place = findPlace(field, scope);
    return place === undefined ? () => undefined : operandAt(place);
  });
}

function operandAt(place: ArgumentPlace): Evaluate<unknown[]> {
  return readerAt(place, leafReader(place.leaf));
}

/** Follows the path to a place and returns the result of `read` for the value there; undefined where it is missing. */
export function readerAt<T>(
  place: ArgumentPlace<CaptureLeaf>,
  read: (value: unknown) => T,
): (values: unknown[]) => T | undefined {
  const walk = place.steps.map(stepper);
  const start = rootReader(place);
  return (values) => {
    let value = start(values);
    for (const step of walk) {
      value = step(value);
      if (value === MISSING) return undefined;
    }
    return read(value);
  };
}

function rootReader(place: ArgumentPlace<CaptureLeaf>): (values: unknown[]) => unknown {
  const { root } = place;
  if (root.kind === 'context') return () => root.context.read();
  if (!beginsWithList(place)) return (values) => values[root.index];
  return (values) => {
    const value = values[root.index];
    if (value === undefined || value === null) return value;
    values[root.index] = toList(value);
    return values[root.index];
  };
}

const MISSING = Symbol('missing');

function stepper(step: PlaceStep): (value: unknown) => unknown {
  switch (step.kind) {
    case 'member':
      return (value) => (value as Record<string, unknown>)[step.name];
    case 'present':
      return (value) => value ?? MISSING;
    case 'element':
      return (value) => {
        const list = toList(value);
        if (step.index < list.length) return list[step.index];
        return step.filler === undefined ? MISSING : step.filler.value;
      };
    case 'byte':
      return (value) => toBytes(value)[step.index] ?? MISSING;
  }
}

/** Reads the value at a place as an operand of a filter. */
export function leafReader(leaf: PlaceLeaf): (value: unknown) => Operand {
  switch (leaf.kind) {
    case 'scalar':
      return scalarReader(leaf.spec);
    case 'text':
      return (value) => asWritten(toText(value));
    case 'presence':
      return (value) => (value === undefined || value === null ? 0 : 1);
    case 'dynamic':
      return dynamicOperand;
    case 'length':
      if (leaf.of === 'list') return (value) => toList(value).length;
      return leaf.of === 'bytes' ? (value) => toBytes(value).length : (value) => utf8Bytes(toText(value), false);
  }
}

/** The value that the field will hold: integers wrap as in a typed array, which throws for the same values. */
export function scalarReader(spec: ScalarSpec): (value: unknown) => Operand {
  if (spec.kind === 'boolean') return (value) => (value ? 1 : 0);
  if (spec.kind === 'enumeration') {
    const labels = labelTable(spec);
    const container = scalarReader(spec.container);
    return (value) => container(toEnumerator(labels, value));
  }
  if (spec.kind === 'float') {
    return spec.bits === 64 ? (value) => +(value as number) : (value) => Math.fround(value as number);
  }
  const { bits, signed } = spec;
  switch (bits) {
    case 8:
      return signed ? (value) => ((value as number) << 24) >> 24 : (value) => (value as number) & 0xff;
    case 16:
      return signed ? (value) => ((value as number) << 16) >> 16 : (value) => (value as number) & 0xffff;
    case 32:
      return signed ? (value) => (value as number) | 0 : (value) => (value as number) >>> 0;
    case 64:
      return integer64;
  }
}
