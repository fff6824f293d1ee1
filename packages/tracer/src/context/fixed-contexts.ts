import { hostname } from 'node:os';
import type { NamedFieldSpec } from '@ringtail/ctf';
import { loadPosix } from '@ringtail/posix';
import { statSync } from '../host/files.ts';
import { threadName } from '../host/thread-name.ts';
import { reportContextProblem } from './context-problems.ts';
import type { ContextSource } from './context-source.ts';

/**
 * Contexts that do not change while the thread lives: read once. A move into another namespace with `setns` goes
 * unnoticed: Node.js has no call for it, and reading the namespace takes a system call.
 */
export function fixedContext(name: string, field: NamedFieldSpec): ContextSource {
  const value = fixedValue(name);
  const constant = `ctx_${field.name}`;
  return { field, read: () => value, inline: { expression: constant, constants: { [constant]: value } } };
}

function fixedValue(name: string): string | number {
  switch (name) {
    case 'hostname':
      return hostname();
    case 'vpid':
      return process.pid;
    case 'vtid': {
      const loaded = loadPosix();
      return loaded.ok ? loaded.posix.gettid() : 0;
    }
    case 'procname':
      return threadName();
    default:
      return namespaceInode(name);
  }
}

/** The kernel's number of the thread's namespace, as in `NAME:[4026531840]`; 0 if the kernel has no such namespaces. */
function namespaceInode(context: string): number {
  try {
    return statSync(`/proc/thread-self/ns/${context.slice(0, -'_ns'.length)}`).ino;
  } catch (error) {
    reportContextProblem(context, `context ${context} is recorded as 0: ${(error as Error).message}`);
    return 0;
  }
}
