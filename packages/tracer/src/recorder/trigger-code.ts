import type { EventSpec } from '@ringtail/ctf';
import { emitCondition } from './condition.ts';
import type { CountedOnce, TriggerTarget } from './recorder-plan.ts';
import { buildTriggers, NO_CAPTURES } from './trigger-actions.ts';

/** Triggers in one function. More would make it too long to be compiled well; the others are closures. */
const INLINED_MAX = 16;

/** The part of a recorder that serves triggers, as source text. `TriggerActions` describes the parts. */
export interface TriggerCode {
  readonly look: string;
  /** Expression: whether `look` has found any. Null if it always does. */
  readonly isHit: string | null;
  readonly act: string;
  readonly missed: string;
  readonly constants: Readonly<Record<string, unknown>>;
}

export function emitTriggers(
  triggers: readonly TriggerTarget[],
  event: EventSpec,
  names: readonly string[],
): TriggerCode {
  const constants: Record<string, unknown> = { noCaptures: NO_CAPTURES };
  const look: string[] = [];
  const act: string[] = [];
  const missed: string[] = [];
  const hits: string[] = [];
  let isAlwaysHit = false;
  // A list that can be read only once is an array afterwards.
  const withValues = (statement: string) => `{ const values = [${names}]; ${statement} [${names}] = values; }`;

  const shared = sharedCounters(triggers);
  // Targets that share a counter are either all inlined or none is.
  const areAllInlined = triggers.length <= INLINED_MAX;
  const mayBeInlined = areAllInlined ? triggers : triggers.filter(({ keys }) => !keys.some((key) => shared.has(key)));
  const inlined = new Set(mayBeInlined.slice(0, INLINED_MAX));
  const nameOf = new Map([...(areAllInlined ? shared : [])].map((key, k) => [key, `shared${k}`]));
  const begin = [...nameOf.values()].map((name) => `${name}.counted = false;`).join(' ');
  for (const [key, name] of nameOf) constants[name] = key;
  act.push(begin);
  missed.push(begin);

  [...inlined].forEach(({ condition, counter, keys, reports, capture }, i) => {
    const hit = `hit${i}`;
    const tellMissed = reports === null ? '' : `reports${i}.missed();`;
    if (reports !== null) constants[`reports${i}`] = reports;
    const count = counter === null ? '' : `counters${i}[${counter.index}] += 1;`;
    if (counter !== null) constants[`counters${i}`] = counter.f64;
    const countKeys = keys.map((key, k) => countOnce(key, nameOf.get(key), `keys${i}_${k}`)).join(' ');
    keys.forEach((key, k) => {
      constants[`keys${i}_${k}`] = key.f64;
    });
    if (condition === null) isAlwaysHit = true;
    else {
      const code = emitCondition(condition, event, names, hit, tellMissed);
      Object.assign(constants, code.constants);
      look.push(code.text);
      hits.push(hit);
    }
    const whenHit = (statement: string) => (condition === null ? statement : `if (${hit}) { ${statement} }`);
    if (capture !== null) {
      constants[`capture${i}`] = capture;
      look.push(`let captured${i};`, whenHit(withValues(`captured${i} = capture${i}(values);`)));
    }
    const tell = reports === null ? '' : `reports${i}.matched(${capture === null ? 'noCaptures' : `captured${i}`});`;
    act.push(whenHit(`${count} ${countKeys} ${tell}`));
    missed.push(condition === null ? `${countKeys} ${tellMissed || count}` : tellMissed);
  });

  const others = triggers.filter((target) => !inlined.has(target));
  if (others.length > 0) {
    constants.others = buildTriggers(others, event);
    look.push('let hitOthers;', withValues('hitOthers = others.look(values);'));
    hits.push('hitOthers');
    act.push('if (hitOthers) others.act();');
    missed.push('others.missed();');
  }
  return {
    look: look.join('\n'),
    isHit: isAlwaysHit ? null : hits.join(' || ') || 'false',
    act: act.join('\n'),
    missed: missed.join('\n'),
    constants,
  };
}

/** Counters that are added to more than once. */
function sharedCounters(triggers: readonly TriggerTarget[]): ReadonlySet<CountedOnce> {
  const seen = new Set<CountedOnce>();
  return new Set(triggers.flatMap(({ keys }) => keys.filter((key) => seen.size === seen.add(key).size)));
}

/** @param shared name of the counter, where several targets add to it */
function countOnce({ index }: CountedOnce, shared: string | undefined, f64: string): string {
  const add = `${f64}[${index}] += 1;`;
  return shared === undefined ? add : `if (!${shared}.counted) { ${shared}.counted = true; ${add} }`;
}
