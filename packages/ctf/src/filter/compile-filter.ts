import type { EventMessage } from '../decode/messages.ts';
import { type FieldValue, type StructureValue, VariantValue } from '../decode/values.ts';
import { type Evaluate, evaluatorOf, type Operand } from './evaluate.ts';
import type { FilterExpression, FilterField } from './filter-ast.ts';
import { narrow } from './operators.ts';

export type EventPredicate = (event: EventMessage) => boolean;

/** Compiles a filter into a predicate over decoded events. `evaluate.ts` defines the meaning of a filter. */
export function compileFilter(expression: FilterExpression): EventPredicate {
  return evaluatorOf(expression, eventField);
}

function eventField({ scope, path }: FilterField): Evaluate<EventMessage> {
  if (scope === 'payload') return (event) => operandOf(follow(event.payload, path, 0));
  // Names of application contexts have their provider in front.
  const names = scope === 'context' ? path : [`_app_${path[0]}_${path[1]}`, ...path.slice(2)];
  return (event) => {
    const { specificContext, commonContext, packet } = event;
    const found =
      follow(specificContext, names, 0) ?? follow(commonContext, names, 0) ?? follow(packet.context, names, 0);
    return operandOf(found);
  };
}

function follow(value: FieldValue, path: readonly (string | number)[], depth: number): FieldValue {
  if (value instanceof VariantValue) return follow(value.value, path, depth);
  if (depth === path.length || value === undefined) return value;
  if (typeof value !== 'object') return undefined;
  const step = path[depth]!;
  if (typeof step === 'number') {
    return Array.isArray(value) || value instanceof Uint8Array
      ? follow(value[step] as FieldValue, path, depth + 1)
      : undefined;
  }
  if (Array.isArray(value) || value instanceof Uint8Array || !Object.hasOwn(value, step)) return undefined;
  return follow((value as StructureValue)[step], path, depth + 1);
}

function operandOf(value: FieldValue): Operand {
  switch (typeof value) {
    case 'number':
    case 'string':
      return value;
    case 'bigint':
      return narrow(BigInt.asIntN(64, value));
    case 'boolean':
      return Number(value);
    default:
      return undefined;
  }
}
