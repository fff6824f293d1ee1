import { patternMatcher } from './pattern.ts';

/** Which events a channel records. Several rules are alternatives. */
export interface EventRule {
  /** `provider:event` with `*` anywhere. */
  readonly pattern: string;
  /** Patterns of names that the rule leaves out. */
  readonly exclude?: readonly string[];
  /** Log levels, LTTng's numbers, both ends included; absent for all. Lower numbers are more severe. */
  readonly logLevel?: { readonly from: number; readonly to: number };
  /** Only events for which this expression of LTTng's filter language is true. */
  readonly filter?: string;
}

/** Whether an event of this name and log level is one that the rule records. */
export function ruleMatches(rule: EventRule, name: string, logLevel: number): boolean {
  return ruleMatcher(rule)(name, logLevel);
}

/** The same for whoever asks often. */
export function ruleMatcher({ pattern, exclude, logLevel }: EventRule): (name: string, logLevel: number) => boolean {
  const isIncluded = patternMatcher(pattern);
  const excluded = exclude?.map(patternMatcher) ?? [];
  const { from, to } = logLevel ?? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return (name, level) => level >= from && level <= to && isIncluded(name) && !excluded.some((takes) => takes(name));
}
