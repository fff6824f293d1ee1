/** Places probes: a file of its own, which a program loads with its first probe. */
import { createRequire } from 'node:module';
import type { Tracer } from '../instrument.ts';
import { DebuggerSession } from './debugger-session.ts';
import type { Probe, ProbedThread } from './probe.ts';
import { ProbeSet } from './probe-set.ts';
import type { ReadText } from './source-map.ts';
import type { Time } from './time.ts';

/** @returns a function that places these probes and removes all others */
export function startProbes(
  tracer: Tracer,
  thread: ProbedThread,
  time: Time,
  readText: ReadText,
): (probes: readonly Probe[]) => void {
  const inspector = createRequire(process.execPath)('node:inspector') as typeof import('node:inspector');
  const set = new ProbeSet({
    tracer,
    thread,
    time,
    readText,
    openSession: (replaced) => new DebuggerSession(inspector, replaced),
  });
  return (probes) => set.update(probes);
}
