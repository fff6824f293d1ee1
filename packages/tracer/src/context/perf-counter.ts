import { isMainThread } from 'node:worker_threads';
import { describeError } from '@ringtail/base';
import type { NamedFieldSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import { perfCounterOf } from '@ringtail/protocol';
import { noteDescriptor } from '../host/worker-cleanup.ts';
import { reportContextProblem } from './context-problems.ts';
import type { ContextSource } from './context-source.ts';

const PREFIX = 'perf:thread:';

/** `perf:thread:COUNTER`: the counter of this thread, which starts when a channel or filter first names the context. */
export function perfCounterContext(name: string, field: NamedFieldSpec): ContextSource {
  try {
    const loaded = loadPosix();
    if (!loaded.ok) throw new Error(loaded.reason);
    const counter = perfCounterOf(name.slice(PREFIX.length));
    if (counter === undefined) throw new Error('there is no such counter');
    const fd = loaded.posix.openCounter(counter.type, counter.config);
    // A worker that is terminated cannot close it.
    if (!isMainThread) noteDescriptor(loaded.posix, fd);
    return { field, read: reader(loaded.posix, fd, name) };
  } catch (error) {
    reportContextProblem(name, `context ${name} is recorded as 0: ${describeError(error)}`);
    return { field, read: () => 0 };
  }
}

function reader(posix: Posix, fd: number, name: string): () => number {
  let isBroken = false;
  return () => {
    if (isBroken) return 0;
    try {
      return posix.readCounter(fd);
    } catch (error) {
      // The application closed a descriptor that is not its own.
      isBroken = true;
      reportContextProblem(name, `context ${name} is recorded as 0 from now on: ${describeError(error)}`);
      return 0;
    }
  };
}
