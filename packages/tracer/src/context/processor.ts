import type { NamedFieldSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { ContextSource } from './context-source.ts';
import { tellContextTrouble } from './context-problems.ts';

/** `cpu_id`: the processor on which the event happened, from the thread's own memory where the kernel keeps it there. */
export function processorContext(field: NamedFieldSpec): ContextSource {
  const loaded = loadPosix();
  if (!loaded.ok) {
    tellContextTrouble('cpu_id', `context cpu_id is recorded as 0: ${loaded.reason}`);
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
    tellContextTrouble('cpu_id', `context cpu_id is recorded as 0: ${(error as Error).message}`);
    return () => 0;
  }
}
