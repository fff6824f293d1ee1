import { type EventRule, patternMatcher, searchesOf } from '@ringtail/protocol';
import type { NamedTracepoint } from '../part/tracepoint-lists.ts';

/** Numbers of tracepoints that a rule selects, after each of its parts. */
export interface RuleCounts {
  readonly named: number;
  readonly notExcluded: number;
  readonly ofLogLevel: number;
}

/**
 * Limit for comparisons of pattern parts with names in one diagnosis: about half a second. A thousand rules with one
 * star and 4096 tracepoints reach it.
 */
const SEARCHES_MAX = 8_000_000;

/** Names compared between two points at which the work can be interrupted: a pattern has at most 255 parts. */
const NAMES_PER_STEP = 16;

/**
 * Counts the tracepoints that each rule selects, up to `searchesMax` comparisons. Rules with the same pattern are
 * compared once; among these, rules with the same exclusions too.
 *
 * @returns one element for each rule; undefined if the rule was not compared
 */
export function* compareRules(
  rules: readonly EventRule[],
  tracepoints: readonly NamedTracepoint[],
  searchesMax = SEARCHES_MAX,
): Generator<void, (RuleCounts | undefined)[]> {
  const counts: (RuleCounts | undefined)[] = rules.map(() => undefined);
  const byName = levelsByName(tracepoints);
  const budget = { searches: searchesMax };
  const entries = rules.map((rule, index): Entry => ({ rule, index }));
  for (const ofPattern of grouped(entries, ({ rule }) => rule.pattern)) {
    const named = yield* namesWith(ofPattern[0].rule.pattern, byName, budget);
    if (named === undefined) return counts;
    for (const alike of grouped(ofPattern, ({ rule }) => JSON.stringify(rule.exclude ?? []))) {
      const left = yield* namesWithout(alike[0].rule.exclude ?? [], named, budget);
      if (left === undefined) return counts;
      for (const { rule, index } of alike) {
        const ofLogLevel = countOfLevel(left, byName, rule.logLevel);
        counts[index] = { named: named.length, notExcluded: left.length, ofLogLevel };
        yield;
      }
    }
  }
  return counts;
}

interface Entry {
  readonly rule: EventRule;
  readonly index: number;
}
type LevelsByName = ReadonlyMap<string, readonly number[]>;
interface Budget {
  searches: number;
}

function levelsByName(tracepoints: readonly NamedTracepoint[]): LevelsByName {
  const byName = new Map<string, number[]>();
  for (const { name, logLevel } of tracepoints) {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [logLevel]);
    else known.push(logLevel);
  }
  return byName;
}

type Group = [Entry, ...Entry[]];

/** Groups of entries with the same key, in the order of their first entries. */
function grouped(entries: Iterable<Entry>, keyOf: (entry: Entry) => string): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [entry]);
    else known.push(entry);
  }
  return groups.values();
}

function* namesWith(pattern: string, names: LevelsByName, budget: Budget): Generator<void, string[] | undefined> {
  return yield* namesThat(patternMatcher(pattern), searchesOf(pattern), [...names.keys()], budget);
}

function* namesWithout(
  exclude: readonly string[],
  names: readonly string[],
  budget: Budget,
): Generator<void, readonly string[] | undefined> {
  let left: readonly string[] | undefined = names;
  for (const pattern of exclude) {
    const isExcluded = patternMatcher(pattern);
    left = yield* namesThat((name) => !isExcluded(name), searchesOf(pattern), left, budget);
    if (left === undefined) return undefined;
  }
  return left;
}

/** @param searches comparisons that the rule needs. @returns undefined if the budget is too small */
function* namesThat(
  takes: (name: string) => boolean,
  searches: number,
  names: readonly string[],
  budget: Budget,
): Generator<void, string[] | undefined> {
  budget.searches -= names.length * searches;
  if (budget.searches < 0) return undefined;
  const taken: string[] = [];
  for (let begin = 0; begin < names.length; begin += NAMES_PER_STEP) {
    for (const name of names.slice(begin, begin + NAMES_PER_STEP)) if (takes(name)) taken.push(name);
    yield;
  }
  return taken;
}

function countOfLevel(names: readonly string[], byName: LevelsByName, wanted: EventRule['logLevel']): number {
  if (wanted === undefined) return names.length;
  const { from, to } = wanted;
  return names.filter((name) => byName.get(name)?.some((level) => level >= from && level <= to)).length;
}
