import { ProcessTracePaths } from '../domains/user/part/trace-path.ts';
import type { ApplicationProcess, RecordedThread } from '../model/application-process.ts';

let nextKey = 1;
const tracePaths = new ProcessTracePaths();

/** A process that registered at the beginning of 1970. */
export function processOf(pid = 1, procname = 'node', program = 'app.js'): ApplicationProcess {
  const process = { pid, procname, program, since: new Date(0) };
  return { key: nextKey++, ...process, tracePath: tracePaths.take(process) };
}

/** A thread of that user, whose group has the same number. */
export function threadOf(uid: number, process = processOf()): RecordedThread {
  return { pid: process.pid, uid, gid: uid, process };
}
