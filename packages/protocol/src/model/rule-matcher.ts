// Apart from the shape of rules: the tracer's bundle has this module and no shapes of rules.
import type { EventRule } from './event-rule.ts';
import { patternMatcher } from './pattern.ts';

/** Whether the rule matches events of this name and log level, its filter aside. */
export function ruleMatches(rule: EventRule, name: string, logLevel: number): boolean {
  return ruleMatcher(rule)(name, logLevel);
}

/** The same as a function that is made once and called often. */
export function ruleMatcher({ pattern, exclude, logLevel }: EventRule): (name: string, logLevel: number) => boolean {
  const isIncluded = patternMatcher(pattern);
  const excluded = exclude?.map(patternMatcher) ?? [];
  const { from, to } = logLevel ?? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return (name, level) =>
    level >= from && level <= to && isIncluded(name) && !excluded.some((matches) => matches(name));
}
