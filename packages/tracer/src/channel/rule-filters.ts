import { describeError } from '@ringtail/base';
import { type EventSpec, type FilterExpression, parseFilter } from '@ringtail/ctf';
import { type EventRule, ruleMatches } from '@ringtail/protocol';

/** The rules of a channel with their filters parsed. */
export class RuleFilters {
  readonly #onRefused: (reason: string) => void;
  #rules: readonly EventRule[] = [];
  /** By text; null for a filter that cannot be parsed. */
  #filters = new Map<string, FilterExpression | null>();

  /** @param onRefused called once for each filter that cannot be parsed */
  constructor(onRefused: (reason: string) => void) {
    this.#onRefused = onRefused;
  }

  setRules(rules: readonly EventRule[]): void {
    const filters = new Map<string, FilterExpression | null>();
    for (const { filter } of rules) {
      if (filter !== undefined && !filters.has(filter)) filters.set(filter, this.#parse(filter));
    }
    this.#rules = rules;
    this.#filters = filters;
  }

  /** Whether a rule matches the event, whatever its filter says of the arguments. */
  match(event: EventSpec): boolean {
    return this.#rules.some((rule) => this.#matches(rule, event));
  }

  /**
   * Filters of the rules that match the event, of which one has to be true; null if a rule without a filter matches.
   */
  filtersFor(event: EventSpec): readonly FilterExpression[] | null {
    const anyOf = new Set<FilterExpression>();
    for (const rule of this.#rules) {
      if (!this.#matches(rule, event)) continue;
      const filter = rule.filter === undefined ? undefined : this.#filters.get(rule.filter);
      if (filter === undefined || filter === null) return null;
      anyOf.add(filter);
    }
    return [...anyOf];
  }

  /** A rule whose filter cannot be parsed matches nothing: without the filter it would record too much. */
  #matches(rule: EventRule, { name, logLevel }: EventSpec): boolean {
    if (rule.filter !== undefined && this.#filters.get(rule.filter) === null) return false;
    return ruleMatches(rule, name, logLevel);
  }

  #parse(filter: string): FilterExpression | null {
    const known = this.#filters.get(filter);
    if (known !== undefined) return known;
    try {
      return parseFilter(filter);
    } catch (error) {
      this.#onRefused(describeError(error));
      return null;
    }
  }
}
