import { readdirSync, readFileSync } from 'node:fs';
import { threadsOf } from '@ringtail/kernel';

/**
 * All threads of this daemon and of its children: consumer daemons and helpers. Their events are not recorded: a reader
 * whose own reads are recorded always finds more to read.
 *
 * @param children further processes, for kernels that do not list children
 */
export function ownThreads(children: readonly number[]): number[] {
  const processes = new Set<number>();
  const pending = [process.pid, ...children];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (processes.has(pid)) continue;
    processes.add(pid);
    pending.push(...childrenOf(pid));
  }
  return [...new Set([...processes].flatMap(threadsOf))];
}

/** A process may have ended by now. */
function childrenOf(pid: number): number[] {
  try {
    const texts = readdirSync(`/proc/${pid}/task`).map((tid) =>
      readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1'),
    );
    return texts.flatMap((text) => text.split(' ').filter((word) => word !== '')).map(Number);
  } catch {
    return [];
  }
}
