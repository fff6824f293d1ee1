import type { RuleType } from '@ringtail/protocol';

/** Types of events in LTTng's XML. */
export const EVENT_TYPES: Readonly<Record<RuleType, string>> = {
  tracepoint: 'TRACEPOINT',
  syscall: 'SYSCALL',
  all: 'ALL',
  probe: 'PROBE',
  function: 'FUNCTION',
  'userspace-probe': 'USERSPACE_PROBE',
};
