import module from 'node:module';
import { hasInspector } from '../has-inspector.ts';
import type { Tracer } from '../instrument.ts';
import { readText } from '../read-text.ts';
import type { Probe, ProbedThread } from './probe.ts';
import type { ReadText } from './source-map.ts';
import { type Time, timeOfNode } from './time.ts';

interface ProbesModule {
  startProbes(tracer: Tracer, thread: ProbedThread, time: Time, readText: ReadText): (probes: readonly Probe[]) => void;
}

/** Places the probes that sessions want in this thread. The code that does so is loaded with the first of them. */
export function installProbes(tracer: Tracer, thread: ProbedThread): void {
  const time = timeOfNode();
  let place: ((probes: readonly Probe[]) => void) | undefined;
  let hasFailed = false;
  thread.probes?.((probes) => {
    if (hasFailed) return;
    try {
      place ??= startIn(tracer, thread, time);
      place(probes);
    } catch (error) {
      hasFailed = true;
      thread.report('NO_PROBES', `the program has no probes: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  });
}

/** @throws {Error} with the reason why this program cannot have probes */
function startIn(tracer: Tracer, thread: ProbedThread, time: Time): (probes: readonly Probe[]) => void {
  if (!hasInspector()) {
    throw new Error('this process has no inspector, which --permission and some builds of Node.js leave out');
  }
  const { startProbes } = module.createRequire(__filename)('./probes.cjs') as ProbesModule;
  return startProbes(tracer, thread, time, readText);
}
