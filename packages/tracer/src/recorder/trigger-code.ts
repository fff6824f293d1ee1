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

  // Triggers that count an event once together are either all inlined or none is.
  const mayBeInlined = triggers.length > INLINED_MAX ? triggers.filter(({ once }) => once === null) : triggers;
  const inlined = new Set(mayBeInlined.slice(0, INLINED_MAX));
  const shared = [...new Set([...inlined].map(({ once }) => once).filter((once) => once !== null))];
  const begin = shared.map((_, k) => `once${k}.counted = false;`).join(' ');
  Object.assign(constants, Object.fromEntries(shared.map((once, k) => [`once${k}`, once])));
  act.push(begin);
  missed.push(begin);

  [...inlined].forEach(({ condition, counter, once, reports, capture }, i) => {
    const hit = `hit${i}`;
    const tellMissed = reports === null ? '' : `reports${i}.missed();`;
    if (reports !== null) constants[`reports${i}`] = reports;
    const count = counter === null ? '' : `counters${i}[${counter.index}] += 1; ${countRepeats(once, shared)}`;
    if (counter !== null) constants[`counters${i}`] = counter.f64;
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
    act.push(whenHit(`${count} ${tell}`));
    missed.push(`${condition === null ? count : ''} ${tellMissed}`);
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

function countRepeats(once: CountedOnce | null, shared: readonly CountedOnce[]): string {
  if (once === null) return '';
  const name = `once${shared.indexOf(once)}`;
  return `if (${name}.counted) ${name}.f64[${once.index}] += 1; else ${name}.counted = true;`;
}
