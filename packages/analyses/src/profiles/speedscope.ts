import { jsonText } from '@ringtail/base/text';
import { type ThreadProfile, threadName } from './cpu-profiles.ts';
import type { SampledFunction } from './functions.ts';
import { jsonArray } from './parts.ts';

/** The profiles of all threads as a file for speedscope, in parts. @see https://www.speedscope.app */
export function* speedscopeText(
  profiles: readonly ThreadProfile[],
  functions: readonly SampledFunction[],
): Iterable<string> {
  const startUs = profiles.reduce((least, { timesUs }) => Math.min(least, timesUs[0]!), Number.POSITIVE_INFINITY);
  yield '{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"ringtail","shared":{"frames":';
  yield* jsonArray(functions.length, (i) => jsonText(frameOf(functions[i]!)));
  yield '},"profiles":';
  for (const [i, profile] of profiles.entries()) {
    yield i === 0 ? '[' : ',';
    yield* profileText(profile, startUs);
  }
  yield profiles.length === 0 ? '[]}\n' : ']}\n';
}

function* profileText(profile: ThreadProfile, startUs: number): Iterable<string> {
  const { stacks, samples, timesUs, endUs } = profile;
  const relative = (us: number) => Math.round(us - startUs);
  const head = {
    type: 'sampled',
    name: threadName(profile),
    unit: 'microseconds',
    startValue: relative(timesUs[0]!),
    endValue: relative(endUs),
  };
  yield `${jsonText(head).slice(0, -1)},"samples":`;
  yield* jsonArray(samples.length, (i) => jsonText(stacks.functionsOf(samples[i]!)));
  yield ',"weights":';
  yield* jsonArray(samples.length, (i) => String(relative(timesUs[i + 1] ?? endUs) - relative(timesUs[i]!)));
  yield '}';
}

function frameOf({ kind, name, url, line, column }: SampledFunction) {
  if (url === '') return { name: kind === 'native' ? `${name} (native)` : name };
  return { name, file: url, ...(line > 0 && { line, col: column }) };
}
