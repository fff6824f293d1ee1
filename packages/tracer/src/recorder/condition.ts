import { buildArgumentFilter, type EventSpec, emitArgumentFilter } from '@ringtail/ctf';
import type { RecorderCondition } from './recorder-plan.ts';

/**
 * Builds a condition from closures: whether an event with these arguments is wanted. It throws where a filter does.
 *
 * @returns null if every event is wanted
 */
export function buildCondition(
  condition: RecorderCondition | null,
  { fields }: EventSpec,
): ((values: unknown[]) => boolean) | null {
  if (condition === null) return null;
  const { lookUpContext, counters } = condition;
  const filters = condition.anyOf.map((filter) => buildArgumentFilter(filter, { fields, lookUpContext }));
  const isWanted = (values: unknown[]) => filters.some((filter) => filter(values));
  if (counters === undefined) return isWanted;
  const { f64, evaluated, rejected } = counters;
  return (values) => {
    (f64[evaluated] as number) += 1;
    if (isWanted(values)) return true;
    (f64[rejected] as number) += 1;
    return false;
  };
}

/**
 * The same as source text: statements that declare `variable` and set it to whether the event is wanted.
 *
 * @param names of the arguments
 * @param variable also the beginning of every label
 * @param onThrow statement that runs if a filter throws
 */
export function emitCondition(
  condition: RecorderCondition,
  { fields }: EventSpec,
  names: readonly string[],
  variable: string,
  onThrow: string,
): { readonly text: string; readonly constants: Readonly<Record<string, unknown>> } {
  const { anyOf, lookUpContext, counters } = condition;
  const constants: Record<string, unknown> = {};
  const alternatives = anyOf.map((filter, n) => {
    const label = `filter_${variable}_${n}`;
    const source = emitArgumentFilter(filter, { fields, lookUpContext }, names, label);
    for (const [name, value] of source.constants) constants[name] = value;
    const text = `${label}: { ${source.text}\n ${variable} = true; }`;
    return n === 0 ? text : `if (!${variable}) ${text}`;
  });
  const lines = [`let ${variable} = false;`];
  if (counters === undefined) lines.push(`try { ${alternatives.join('\n')} }`);
  else {
    const f64 = `counters_${variable}`;
    constants[f64] = counters.f64;
    lines.push(
      `${f64}[${counters.evaluated}] += 1;`,
      `try { ${alternatives.join('\n')}`,
      `if (!${variable}) ${f64}[${counters.rejected}] += 1; }`,
    );
  }
  lines.push(`catch { ${variable} = false; ${onThrow} }`);
  return { text: lines.join('\n'), constants };
}
