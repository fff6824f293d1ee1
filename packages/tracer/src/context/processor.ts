import type { NamedFieldSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import { reportContextProblem } from './context-problems.ts';
import type { ContextSource } from './context-source.ts';

/**
 * `cpu_id`: the processor on which the event happened; read from the thread's own memory if the kernel keeps it there.
 */
export function processorContext(field: NamedFieldSpec): ContextSource {
  const loaded = loadPosix();
  if (!loaded.ok) {
    reportContextProblem('cpu_id', `context cpu_id is recorded as 0: ${loaded.reason}`);
    return { field, read: () => 0 };
  }
  const word = loaded.posix.processorWord();
  if (word === undefined) return { field, read: called(loaded.posix) };
  return {
    field,
    read: () => word[0],
    inline: { expression: 'ctx_cpu_id[0]', constants: { ctx_cpu_id: word } },
  };
}

function called(posix: Posix): () => number {
  try {
    posix.getProcessor();
    return () => posix.getProcessor();
  } catch (error) {
    reportContextProblem('cpu_id', `context cpu_id is recorded as 0: ${(error as Error).message}`);
    return () => 0;
  }
}
