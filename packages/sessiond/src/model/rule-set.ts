import { describeError } from '@ringtail/base';
import { type FilterExpression, parseFilter } from '@ringtail/ctf';
import { nameOfPattern, type Probe, type RecordingRule, type RuleDescription, type RuleType } from '@ringtail/protocol';
import { DaemonError } from './daemon-error.ts';

interface Rule {
  rule: RecordingRule;
  enabled: boolean;
}

/**
 * The rules of a channel, oldest first. Rules are never removed: a disabled rule stays, and an equal one enables it
 * again.
 */
export class RuleSet {
  readonly #rules = new Map<string, Rule>();

  get size(): number {
    return this.#rules.size;
  }

  /**
   * Equal rules have equal keys: pattern, exclusions in any order, log levels, the filter without its spaces and
   * parentheses, the probe without its end, and the type.
   *
   * @throws {DaemonError} `BAD_FILTER` with the column, `BAD_PARAMETER`
   */
  static keyOf({ pattern, exclude, logLevel, filter, probe, type }: RecordingRule): string {
    if (exclude !== undefined && nameOfPattern(pattern) !== undefined) {
      throw new DaemonError('BAD_PARAMETER', `exclusions go with a pattern that has a star, not with ${pattern}`);
    }
    const exclusions = [...new Set(exclude)].sort();
    const levels = logLevel === undefined ? null : [logLevel.from, logLevel.to];
    return JSON.stringify([
      pattern,
      exclusions,
      levels,
      filter === undefined ? null : meaningOf(filter),
      placeOf(probe),
      type ?? 'tracepoint',
    ]);
  }

  /** Whether there is a rule with this key, enabled or not. */
  has(key: string): boolean {
    return this.#rules.has(key);
  }

  /**
   * Adds a rule, or enables the one with its key. A probe gets the new end.
   *
   * @returns false if it is enabled already, and the probe does not end later than before
   */
  enable(key: string, rule: RecordingRule): boolean {
    const known = this.#rules.get(key);
    if (known?.enabled && endOf(rule) <= endOf(known.rule)) return false;
    if (known === undefined) this.#rules.set(key, { rule, enabled: true });
    else {
      if (rule.probe !== undefined) known.rule = rule;
      known.enabled = true;
    }
    return true;
  }

  /**
   * Disables the rules with exactly this pattern, or with null all rules.
   *
   * @param type leaves rules of other types alone; undefined: any type
   * @returns number of matching rules, including rules that were disabled before
   */
  disable(pattern: string | null, type?: RuleType): number {
    const isMeant = ({ rule }: Rule): boolean =>
      (pattern === null || rule.pattern === pattern) && (type === undefined || (rule.type ?? 'tracepoint') === type);
    const rules = [...this.#rules.values()].filter(isMeant);
    for (const rule of rules) rule.enabled = false;
    return rules.length;
  }

  /** The rules to record by. */
  enabled(): RecordingRule[] {
    return [...this.#rules.values()].filter(({ enabled }) => enabled).map(({ rule }) => rule);
  }

  describe(): RuleDescription[] {
    return [...this.#rules.values()].map(({ rule, enabled }) => ({ ...rule, enabled }));
  }
}

function endOf({ probe }: RecordingRule): number {
  return probe?.expiresAtMs ?? 0;
}

function placeOf(probe: Probe | undefined): unknown {
  return probe === undefined ? null : { ...probe, expiresAtMs: null };
}

/** Equal for filters that differ only in writing. */
function meaningOf(filter: string): string {
  let expression: FilterExpression;
  try {
    expression = parseFilter(filter);
  } catch (error) {
    throw new DaemonError('BAD_FILTER', `the filter is wrong: ${describeError(error)}`);
  }
  return JSON.stringify(expression, (name, value: unknown) => {
    if (name === 'column') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
