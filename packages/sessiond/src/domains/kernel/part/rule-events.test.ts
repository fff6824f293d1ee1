import type { KernelEvent } from '@ringtail/kernel';
import { describe, expect, it } from 'vitest';
import { DaemonError } from '../../../model/daemon-error.ts';
import { eventsOf, requireEvents } from './rule-events.ts';

function tracepoint(system: string, kernelName: string, name = kernelName): KernelEvent {
  return { system, kernelName, name, kind: 'tracepoint', syscall: undefined };
}

function call(syscall: string): KernelEvent[] {
  return (['enter', 'exit'] as const).map((side) => ({
    system: 'syscalls',
    kernelName: `sys_${side}_${syscall}`,
    name: `syscall_${side === 'enter' ? 'entry' : 'exit'}_${syscall}`,
    kind: 'syscall',
    syscall,
  }));
}

const EVENTS = [
  tracepoint('sched', 'sched_switch'),
  tracepoint('sched', 'sched_waking'),
  tracepoint('irq', 'softirq_entry', 'irq_softirq_entry'),
  tracepoint('raw_syscalls', 'sys_enter'),
  ...call('openat'),
  ...call('open'),
];

const named = (pattern: string, type?: 'syscall' | 'all') =>
  eventsOf({ pattern, ...(type !== undefined && { type }) }, EVENTS).map(({ name }) => name);

describe('a rule of the kernel', () => {
  it("means tracepoints by LTTng's name, by the kernel's name, and by its system", () => {
    for (const pattern of ['irq_softirq_entry', 'softirq_entry', 'irq:softirq_entry', 'irq:*', 'softirq*']) {
      expect([pattern, named(pattern)]).toEqual([pattern, ['irq_softirq_entry']]);
    }
    expect(named('sched_*')).toEqual(['sched_switch', 'sched_waking']);
  });

  it('with a star means no system call and no nameless one, unless it is for system calls', () => {
    expect(named('*')).toEqual(['sched_switch', 'sched_waking', 'irq_softirq_entry']);
    expect(named('sys*')).toEqual([]);
    expect(named('sys_enter')).toEqual(['sys_enter']);
    expect(named('syscall_entry_open')).toEqual(['syscall_entry_open']);
    expect(named('sys_exit_open')).toEqual(['syscall_exit_open']);
  });

  it('for system calls means entry and exit of each call', () => {
    expect(named('open', 'syscall')).toEqual(['syscall_entry_open', 'syscall_exit_open']);
    expect(named('open*', 'syscall')).toHaveLength(4);
    expect(named('sched_*', 'syscall')).toEqual([]);
    expect(named('*', 'all')).toHaveLength(7);
  });

  it.each([
    [
      { pattern: 'sched_swich' },
      'the kernel has no event sched_swich',
      'did you mean "sched_switch"? ringtail list -k ',
    ],
    [{ pattern: 'opnat', type: 'syscall' }, 'the kernel has no system call opnat', 'did you mean "openat"'],
    [{ pattern: 'openat' }, 'the kernel has no event openat', 'it has the system call openat: --syscall openat. '],
    [{ pattern: 'nothing_alike*' }, 'the kernel has no event nothing_alike*', 'ringtail list -k names all'],
  ] as const)('%j that means nothing is refused, with the nearest names', (rule, message, hint) => {
    const error = refusalOf(() => requireEvents(rule, EVENTS));
    expect(error).toMatchObject({ code: 'NO_EVENT', message, hint: expect.stringContaining(hint) });
  });
});

function refusalOf(action: () => void): DaemonError {
  try {
    action();
  } catch (error) {
    if (error instanceof DaemonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
