import { parseFilter } from '@ringtail/ctf';
import { type EventFormat, type KernelEvent, kernelFilterOf } from '@ringtail/kernel';
import type { RecordingRule } from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import { eventsOf } from './rule-events.ts';

/** Events that a channel records: each with its filter in the kernel's language, or null for all its records. */
export type WantedEvents = Map<KernelEvent, string | null>;

/** Layout of an event; undefined if the kernel's description cannot be read. */
type FormatOf = (event: KernelEvent) => EventFormat | undefined;

/**
 * The events of rules, which are alternatives: an event is recorded if one of its rules has no filter, or a filter that
 * holds. A filter leaves out events that lack one of its fields.
 *
 * @throws {KernelError} `REFUSED` for a filter that the kernel cannot evaluate
 */
export function wantedEvents(
  rules: readonly RecordingRule[],
  known: readonly KernelEvent[],
  formatOf: FormatOf,
): WantedEvents {
  const filters = new Map<KernelEvent, (string | null)[]>();
  for (const rule of rules) {
    const expression = rule.filter === undefined ? undefined : parseFilter(rule.filter);
    for (const event of eventsOf(rule, known)) {
      const format = formatOf(event);
      if (format === undefined) continue;
      const filter = expression === undefined ? null : kernelFilterOf(expression, event, format);
      if (filter?.kind === 'lacks') continue;
      const before = filters.get(event) ?? [];
      filters.set(event, [...before, filter === null ? null : filter.text]);
    }
  }
  return new Map([...filters].map(([event, texts]) => [event, joined(texts)]));
}

function joined(filters: readonly (string | null)[]): string | null {
  const [first, ...more] = filters;
  if (first === null || first === undefined || more.includes(null)) return null;
  return more.length === 0 ? first : filters.map((filter) => `(${filter})`).join(' || ');
}

/** @throws {DaemonError} `BAD_FILTER` if no event of a rule has the fields of its filter */
export function requireFields(rule: RecordingRule, known: readonly KernelEvent[], formatOf: FormatOf): void {
  if (rule.filter === undefined || wantedEvents([rule], known, formatOf).size > 0) return;
  throw new DaemonError('BAD_FILTER', `no event of the rule ${rule.pattern} has the fields of its filter`, {
    hint: 'ringtail list -k --fields, or with --syscall, names the fields of each event',
  });
}
