import type { ApplicationProcess, RecordedThread } from '../session.ts';

let nextKey = 1;

/** A process that registered at the beginning of 1970. */
export function processOf(pid = 1, procname = 'node'): ApplicationProcess {
  return { key: nextKey++, pid, procname, since: new Date(0) };
}

/** A thread of that user, whose group has the same number. */
export function threadOf(uid: number, process = processOf()): RecordedThread {
  return { pid: process.pid, uid, gid: uid, process };
}
