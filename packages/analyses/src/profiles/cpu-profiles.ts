import type { DataStream, EventHandler, EventRecordClass } from '@ringtail/ctf';
import type { PlainValue } from '../fields/field-place.ts';
import { CpuSamples, type SampleBatch, type SampledThread } from './cpu-samples.ts';
import type { SampledFunction } from './functions.ts';
import { NO_STACK, type Stacks } from './stacks.ts';

const SAMPLES_MAX = 2 ** 26;
/** A longer time without a sample was not sampled: a slice is missing, or the event was disabled. */
const GAP_US_MAX = 1_000_000;
const NOT_SAMPLED: SampledFunction = { kind: 'program', name: '(not sampled)', url: '', line: 0, column: 0 };

/** Samples of a thread, in the order of time. */
export interface ThreadProfile {
  readonly pid: PlainValue | undefined;
  readonly tid: PlainValue | undefined;
  readonly stacks: Stacks;
  /** The stack of each sample. It lasts until the next one, or until `endUs`. */
  readonly samples: readonly number[];
  /** Times of the samples in microseconds of the clock of the program. */
  readonly timesUs: readonly number[];
  readonly endUs: number;
}

/** The name of a thread for people. */
export function threadName({ pid, tid }: Pick<ThreadProfile, 'pid' | 'tid'>): string {
  if (pid === undefined) return 'program';
  return tid === undefined || tid === pid ? `process ${pid}` : `process ${pid}, thread ${tid}`;
}

interface Profile extends ThreadProfile {
  readonly sampled: SampledThread;
  readonly samples: number[];
  readonly timesUs: number[];
  endUs: number;
}

/** Makes profiles of CPU samples: the events of the provider `node_cpu`. Memory: about 16 bytes a sample. */
export class CpuProfiles {
  readonly #samplesMax: number;
  readonly #samples = new CpuSamples((sampled, batch) => this.#addBatch(sampled, batch));
  readonly #profiles = new Map<SampledThread, Profile>();
  #sampleCount = 0;
  #unknownCount = 0;
  #omittedCount = 0;

  constructor(samplesMax: number = SAMPLES_MAX) {
    this.#samplesMax = samplesMax;
  }

  get functions(): readonly SampledFunction[] {
    return this.#samples.functions;
  }

  /** Number of samples. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Number of samples whose stack is not in the trace. Profiles show them as `(unknown)`. */
  get unknownCount(): number {
    return this.#unknownCount;
  }

  /** Number of samples that no profile has, because there are too many. */
  get omittedCount(): number {
    return this.#omittedCount;
  }

  get profiles(): ThreadProfile[] {
    return [...this.#profiles.values()].filter(({ samples }) => samples.length > 0);
  }

  /** @see Handler.see */
  see(of: EventRecordClass, stream: DataStream): EventHandler | undefined {
    return this.#samples.see(of, stream);
  }

  #addBatch(sampled: SampledThread, { startNs, periodNs, offsetsUs, stacks, unknownCount }: SampleBatch): void {
    let profile = this.#profiles.get(sampled);
    if (profile === undefined) {
      const { process, tid } = sampled.thread;
      profile = { sampled, pid: process.pid, tid, stacks: sampled.stacks, samples: [], timesUs: [], endUs: 0 };
      this.#profiles.set(sampled, profile);
    }
    this.#unknownCount += unknownCount;
    for (const [i, stack] of stacks.entries()) {
      this.#addSample(profile, startNs / 1000 + offsetsUs[i]!, periodNs / 1000, stack);
    }
  }

  #addSample(profile: Profile, timeUs: number, periodUs: number, stack: number | undefined): void {
    if (stack === undefined || this.#sampleCount >= this.#samplesMax) {
      this.#omittedCount++;
      return;
    }
    const { sampled, samples, timesUs, stacks } = profile;
    if (samples.length > 0 && timeUs > profile.endUs + GAP_US_MAX) {
      samples.push(this.#samples.single(sampled, NOT_SAMPLED) ?? NO_STACK);
      timesUs.push(profile.endUs);
    }
    const atUs = Math.max(timeUs, timesUs.at(-1) ?? timeUs);
    samples.push(stack);
    timesUs.push(atUs);
    profile.endUs = atUs + periodUs;
    stacks.counts[stack]!++;
    this.#sampleCount++;
  }
}
