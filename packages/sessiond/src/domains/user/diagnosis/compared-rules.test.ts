import { type EventRule, ruleMatches } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { countSteps } from '../../../testing/steps.test.support.ts';
import { compareRules } from './compared-rules.ts';

const INFO = 6;
const DEBUG = 14;

function tracepointsCalled(...names: readonly string[]) {
  return names.map((name) => ({ name, logLevel: INFO }));
}

/** As long, and as alike, as names may be. */
const HOSTILE_NAMES = Array.from({ length: 4096 }, (_, index) => `a:${'a'.repeat(240)}${index}`);

/** Sixty exclusions that find nothing only at their ends, others for each rule. */
function hostileRule(index: number): EventRule {
  const begin = `*${'a*'.repeat(18)}b*`;
  return { pattern: '*', exclude: Array.from({ length: 60 }, (_, exclusion) => `${begin}${index * 60 + exclusion}`) };
}

describe('compareRules', () => {
  it('counts what matching each name with each rule counts', () => {
    const tracepoints = [
      ...tracepointsCalled('shop:order', 'shop:payment', 'shop:pay*', 'ship:order'),
      { name: 'shop:order', logLevel: DEBUG },
    ];
    const levels = { from: 0, to: INFO };
    const rules: EventRule[] = [];
    for (const pattern of ['*', 'shop:*', '*order', 'sh*p:*', 'shop:order', 'shop:pay\\*', 'none']) {
      for (const exclude of [undefined, ['*pay*'], ['*order', 'ship:*']]) {
        for (const logLevel of [undefined, levels, { from: DEBUG, to: DEBUG }]) {
          rules.push({ pattern, ...(exclude && { exclude }), ...(logLevel && { logLevel }) });
        }
      }
    }
    const namesOf = (rule: EventRule) =>
      new Set(tracepoints.filter(({ name, logLevel }) => ruleMatches(rule, name, logLevel)).map(({ name }) => name))
        .size;
    expect(countSteps(compareRules(rules, tracepoints)).result).toEqual(
      rules.map((rule) => ({
        named: namesOf({ pattern: rule.pattern }),
        notExcluded: namesOf({ pattern: rule.pattern, ...(rule.exclude && { exclude: rule.exclude }) }),
        ofLogLevel: namesOf(rule),
      })),
    );
  });

  it('compares rules of one pattern, and exclusions that are equal, once', () => {
    const tracepoints = tracepointsCalled(...HOSTILE_NAMES);
    const rule = { pattern: 'a:*', exclude: ['*b*'] };
    const { steps } = countSteps(compareRules([rule], tracepoints));
    const rules = Array.from({ length: 100 }, (_, index) => ({ ...rule, filter: `n > ${index}` }));
    expect(countSteps(compareRules(rules, tracepoints)).steps).toBe(steps + 99);
  });

  it('of the most that one request may ask for compares some rules, in bounded steps, and leaves out the others', () => {
    const rules = Array.from({ length: 1000 }, (_, index) => hostileRule(index));
    const { result, steps } = countSteps(compareRules(rules, tracepointsCalled(...HOSTILE_NAMES)));
    const compared = result.filter((counts) => counts !== undefined).length;
    expect(compared).toBeGreaterThan(0);
    expect(compared).toBeLessThan(5);
    // Each exclusion is compared with 16 names a step.
    expect(steps).toBeGreaterThan(60 * compared * (4096 / 16));
    expect(steps).toBeLessThan(100_000);
  });

  it('compares a thousand rules with one star and the most tracepoints', () => {
    const rules = Array.from({ length: 900 }, (_, index) => ({ pattern: `a:${index}*` }));
    const { result } = countSteps(compareRules(rules, tracepointsCalled(...HOSTILE_NAMES)));
    expect(result).not.toContain(undefined);
  });

  it('stops where the searches are used up, and keeps the counts until then', () => {
    const tracepoints = tracepointsCalled('a:1', 'a:2');
    const rules = [{ pattern: 'a:*' }, { pattern: '*1' }, { pattern: '*2' }];
    const counts = { named: 1, notExcluded: 1, ofLogLevel: 1 };
    expect(countSteps(compareRules(rules, tracepoints, 9)).result).toEqual([
      { named: 2, notExcluded: 2, ofLogLevel: 2 },
      counts,
      undefined,
    ]);
    expect(countSteps(compareRules(rules, tracepoints, 12)).result).not.toContain(undefined);
  });
});
