import { statSync } from 'node:fs';
import { describeError, errnoOf } from '@ringtail/base';
import { CONTEXT_NAMES, contextSpec } from '@ringtail/ctf';
import { loadPosix } from '@ringtail/posix';
import { PERF_COUNTER_NAMES, PERF_PREFIX, perfCounterOf } from '@ringtail/protocol';

const NAMESPACE_SUFFIX = '_ns';

/** All contexts with fixed names; `perf:thread:raw:rN:NAME` and `$app.PROVIDER:NAME` can be added as well. */
export function knownContexts(): string[] {
  return [...CONTEXT_NAMES, ...PERF_COUNTER_NAMES.map((name) => `${PERF_PREFIX}${name}`)];
}

/** Whether a context can have this name on any machine. */
export function isKnownContext(name: string): boolean {
  if (!name.startsWith(PERF_PREFIX)) return contextSpec(name) !== undefined;
  return perfCounterOf(name.slice(PERF_PREFIX.length)) !== undefined;
}

/**
 * The reason why a context cannot be added; null if it can. The kernel decides what this process may read: a context
 * that cannot be read would only show as a trace without it.
 */
export function contextRefusal(name: string): string | null {
  if (!isKnownContext(name)) return unknown(name);
  const spec = contextSpec(name);
  if (spec?.place === 'nowhere') return spec.reason;
  if (name.startsWith(PERF_PREFIX)) return perfRefusal(name.slice(PERF_PREFIX.length));
  if (name.endsWith(NAMESPACE_SUFFIX) && !name.startsWith('$')) return namespaceRefusal(name);
  if (name === 'cpu_id') return processorRefusal();
  return null;
}

function unknown(name: string): string {
  if (name.startsWith('$app.')) {
    return 'application contexts are written $app.PROVIDER:NAME, with letters, digits, "_", "." and "-"';
  }
  return 'there is no such context';
}

function perfRefusal(name: string): string | null {
  const counter = perfCounterOf(name);
  if (counter === undefined) return unknown(`${PERF_PREFIX}${name}`);
  const loaded = loadPosix();
  if (!loaded.ok) return loaded.reason;
  try {
    loaded.posix.closeFd(loaded.posix.openCounter(counter.type, counter.config));
    return null;
  } catch (error) {
    return perfReason(error);
  }
}

function perfReason(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'EOPNOTSUPP':
    case 'ENODEV':
    case 'EINVAL':
      return `this machine does not count it (virtual machines seldom do): ${describeError(error)}`;
    case 'EACCES':
    case 'EPERM':
      return `counting is not permitted here (/proc/sys/kernel/perf_event_paranoid, or the container): ${describeError(error)}`;
    case 'ENOSYS':
      return 'this kernel is built without performance counters';
    default:
      return describeError(error);
  }
}

function namespaceRefusal(name: string): string | null {
  const kind = name.slice(0, -NAMESPACE_SUFFIX.length);
  try {
    statSync(`/proc/self/ns/${kind}`);
    return null;
  } catch (error) {
    return `this kernel has no ${kind} namespaces: ${describeError(error)}`;
  }
}

function processorRefusal(): string | null {
  const loaded = loadPosix();
  if (!loaded.ok) return loaded.reason;
  try {
    return loaded.posix.getProcessor() >= 0 ? null : 'the kernel does not say on which processor a thread runs';
  } catch (error) {
    return `the C library does not say on which processor a thread runs: ${describeError(error)}`;
  }
}
