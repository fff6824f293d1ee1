import { visibleLine } from '@ringtail/base/text';
import { type ThreadProfile, threadName } from './cpu-profiles.ts';
import { frameText, type SampledFunction } from './functions.ts';
import { NO_STACK } from './stacks.ts';

/**
 * The profiles as folded stacks, for flame graphs: a line for each stack, with its functions from the outermost one
 * and the number of its samples. The first frame is the thread.
 */
export function* foldedText(
  profiles: readonly ThreadProfile[],
  functions: readonly SampledFunction[],
): Iterable<string> {
  const frames = functions.map((of) => foldedFrame(frameText(of)));
  for (const profile of profiles) {
    const { stacks } = profile;
    for (const [stack, count] of stacks.counts.entries()) {
      if (count === 0 || stack === NO_STACK) continue;
      const names = stacks.functionsOf(stack).map((index) => frames[index]!);
      yield `${[foldedFrame(threadName(profile)), ...names].join(';')} ${count}\n`;
    }
  }
}

/** Semicolons separate frames, and line ends separate stacks. */
function foldedFrame(text: string): string {
  return visibleLine(text.replaceAll(';', ':'));
}
