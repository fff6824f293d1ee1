import { type ThreadProfile, threadName } from './cpu-profiles.ts';
import type { SampledFunction } from './functions.ts';
import { ProtobufWriter } from './protobuf.ts';
import { NO_STACK } from './stacks.ts';

const NS_PER_US = 1000;

/** Fields of the message `perftools.profiles.Profile`. @see https://github.com/google/pprof/blob/main/proto/profile.proto */
const PROFILE = { sampleType: 1, sample: 2, location: 4, function: 5, stringTable: 6, durationNanos: 10 };
const VALUE_TYPE = { type: 1, unit: 2 };
const SAMPLE = { locationId: 1, value: 2, label: 3 };
const LABEL = { key: 1, text: 2 };
const LOCATION = { id: 1, line: 4 };
const LINE = { functionId: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, systemName: 3, filename: 4, startLine: 5 };

/**
 * The profiles of all threads as a profile of pprof, not compressed, in parts. A sample is a stack of a thread, with
 * the number of its samples and the time until the next ones. Its label `thread` names the thread.
 */
export function* pprofBytes(
  profiles: readonly ThreadProfile[],
  functions: readonly SampledFunction[],
): Iterable<Uint8Array> {
  const strings = new Strings();
  const writer = new ProtobufWriter();
  const types = [
    ['samples', 'count'],
    ['wall', 'nanoseconds'],
  ] as const;
  for (const [type, unit] of types) {
    const message = new ProtobufWriter().integer(VALUE_TYPE.type, strings.index(type));
    writer.message(PROFILE.sampleType, message.integer(VALUE_TYPE.unit, strings.index(unit)));
  }
  for (const profile of profiles) yield* samplesOf(profile, writer, strings);
  for (const [i, of] of functions.entries()) {
    const line = new ProtobufWriter().integer(LINE.functionId, i + 1).integer(LINE.line, of.line);
    writer.message(PROFILE.location, new ProtobufWriter().integer(LOCATION.id, i + 1).message(LOCATION.line, line));
    writer.message(PROFILE.function, functionMessage(i + 1, of, strings));
    yield writer.finish();
  }
  for (const text of strings.list) yield writer.text(PROFILE.stringTable, text).finish();
  const startUs = profiles.reduce((least, { timesUs }) => Math.min(least, timesUs[0]!), Number.POSITIVE_INFINITY);
  const endUs = profiles.reduce((greatest, profile) => Math.max(greatest, profile.endUs), 0);
  if (endUs > startUs) yield writer.integer(PROFILE.durationNanos, Math.round((endUs - startUs) * NS_PER_US)).finish();
}

function* samplesOf(profile: ThreadProfile, writer: ProtobufWriter, strings: Strings): Iterable<Uint8Array> {
  const { stacks, samples, timesUs, endUs } = profile;
  const durationsUs = new Float64Array(stacks.counts.length);
  for (const [i, stack] of samples.entries()) durationsUs[stack]! += (timesUs[i + 1] ?? endUs) - timesUs[i]!;
  const name = strings.index(threadName(profile));
  for (const [stack, durationUs] of durationsUs.entries()) {
    const count = stacks.counts[stack]!;
    if (stack === NO_STACK || (count === 0 && durationUs === 0)) continue;
    const locations = stacks.functionsOf(stack).reverse();
    const label = new ProtobufWriter().integer(LABEL.key, strings.index('thread')).integer(LABEL.text, name);
    const sample = new ProtobufWriter().integers(
      SAMPLE.locationId,
      locations.map((index) => index + 1),
    );
    sample.integers(SAMPLE.value, [count, Math.round(durationUs * NS_PER_US)]).message(SAMPLE.label, label);
    yield writer.message(PROFILE.sample, sample).finish();
  }
}

function functionMessage(id: number, { kind, name, url, line }: SampledFunction, strings: Strings): ProtobufWriter {
  const shown = strings.index(kind === 'native' ? `${name} (native)` : name);
  return new ProtobufWriter()
    .integer(FUNCTION.id, id)
    .integer(FUNCTION.name, shown)
    .integer(FUNCTION.systemName, shown)
    .integer(FUNCTION.filename, strings.index(url))
    .integer(FUNCTION.startLine, line);
}

/** Texts by their index. The first one is empty. */
class Strings {
  readonly list: string[] = [''];
  readonly #known = new Map<string, number>([['', 0]]);

  index(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}
