import { nearestNames } from '@ringtail/base/text';
import type { KernelEvent } from '@ringtail/kernel';
import { nameOfPattern, patternMatcher, type RecordingRule } from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';

/** Records system calls without their names: only a rule with its exact name means it. */
const NAMELESS_SYSTEM = 'raw_syscalls';
const NAMES_OFFERED_MAX = 3;

type Matched = Pick<RecordingRule, 'pattern' | 'type'>;

/**
 * The events that a rule means. Names of tracepoints are LTTng's, the kernel's, or the kernel's with its system before
 * them. A rule for system calls names calls, and means entry and exit.
 */
export function eventsOf({ pattern, type = 'tracepoint' }: Matched, events: readonly KernelEvent[]): KernelEvent[] {
  const matches = patternMatcher(pattern);
  const isExact = nameOfPattern(pattern) !== undefined;
  return events.filter((event) => {
    if (type !== 'tracepoint' && event.syscall !== undefined && matches(event.syscall)) return true;
    if (type === 'syscall') return false;
    // Half of a system call, or a system call without its name.
    if ((event.kind === 'syscall' || event.system === NAMELESS_SYSTEM) && !isExact) return false;
    return namesOf(event).some(matches);
  });
}

/** @throws {DaemonError} `NO_EVENT` with the nearest names, if no event of this kernel is meant */
export function requireEvents(rule: Matched, events: readonly KernelEvent[]): void {
  if (eventsOf(rule, events).length > 0) return;
  const { pattern, type = 'tracepoint' } = rule;
  const calls = events.flatMap(({ syscall }) => syscall ?? []);
  const names = type === 'syscall' ? calls : events.flatMap((event) => (event.kind === 'syscall' ? [] : event.name));
  const isCall = type === 'tracepoint' && calls.includes(pattern);
  const noun = type === 'syscall' ? 'system call' : 'event';
  const list = type === 'syscall' ? 'ringtail list -k --syscall' : 'ringtail list -k';
  const offered = isCall ? `it has the system call ${pattern}: --syscall ${pattern}. ` : offer(pattern, names);
  throw new DaemonError('NO_EVENT', `the kernel has no ${noun} ${pattern}`, { hint: `${offered}${list} names all` });
}

function offer(pattern: string, names: readonly string[]): string {
  const near = nearestNames(pattern, names).slice(0, NAMES_OFFERED_MAX);
  return near.length === 0 ? '' : `did you mean ${near.map((name) => `"${name}"`).join(' or ')}? `;
}

function namesOf({ system, name, kernelName }: KernelEvent): string[] {
  return [name, kernelName, `${system}:${kernelName}`];
}
