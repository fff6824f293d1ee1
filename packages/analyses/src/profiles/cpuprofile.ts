import { jsonText } from '@ringtail/base/text';
import type { ThreadProfile } from './cpu-profiles.ts';
import type { SampledFunction } from './functions.ts';
import { jsonArray } from './parts.ts';
import { NO_STACK } from './stacks.ts';

/**
 * The profile of a thread as a `.cpuprofile`, in parts: the type `Profiler.Profile` of the Chrome DevTools Protocol.
 *
 * Node 1 is the root, and the node of a stack has the number of the stack and one.
 */
export function* cpuprofileText(
  { stacks, samples, timesUs, endUs }: ThreadProfile,
  functions: readonly SampledFunction[],
): Iterable<string> {
  const children: number[][] = stacks.callers.map(() => []);
  for (let stack = 1; stack < stacks.callers.length; stack++) children[stacks.callers[stack]!]!.push(stack + 1);
  const startUs = timesUs[0] ?? 0;
  yield '{"nodes":';
  yield* jsonArray(stacks.callers.length, (stack) =>
    jsonText({
      id: stack + 1,
      callFrame: stack === NO_STACK ? ROOT_FRAME : callFrameOf(functions[stacks.functions[stack]!]!),
      hitCount: stacks.counts[stack],
      children: children[stack],
    }),
  );
  yield `,"startTime":${Math.round(startUs)},"endTime":${Math.round(endUs)},"samples":`;
  yield* jsonArray(samples.length, (i) => String(samples[i]! + 1));
  yield ',"timeDeltas":';
  // Differences of rounded times: rounded differences would add up to another duration.
  yield* jsonArray(samples.length, (i) => String(Math.round(timesUs[i]!) - Math.round(timesUs[i - 1] ?? startUs)));
  yield '}\n';
}

/** The frame of the root. */
export const ROOT_FRAME = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };

/** Lines and columns count from 0, and are -1 where there are none. */
export function callFrameOf({ name, url, line, column }: SampledFunction) {
  const functionName = name === '(anonymous)' ? '' : name;
  return { functionName, scriptId: '0', url, lineNumber: line - 1, columnNumber: column - 1 };
}
