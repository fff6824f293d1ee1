import { jsonText } from '@ringtail/base/text';
import { callFrameOf, ROOT_FRAME } from '../profiles/cpuprofile.ts';
import type { TimelineSamples, TimelineThread } from './timeline-records.ts';

const NS_PER_US = 1000;

interface Profile {
  readonly id: string;
  /** Stacks that were written. */
  stackCount: number;
  /** Time of the last sample, in whole microseconds. */
  lastUs: number;
}

/** The arguments of an event, and the identifier of its profile. */
interface ProfileEvent {
  readonly name: 'Profile' | 'ProfileChunk';
  readonly id: string;
  readonly args: string;
}

/** Makes the events with which Chrome describes CPU samples: a profile for each thread, and chunks of its samples. */
export class ChromeProfiles {
  readonly #profiles = new Map<TimelineThread, Profile>();

  /** @param zeroNs what is added to times. @returns the events, in this order */
  events({ thread, stacks, functions, times, samples }: TimelineSamples, zeroNs: number): ProfileEvent[] {
    const timesUs = times.map((at) => Math.round((zeroNs + at) / NS_PER_US));
    const events: ProfileEvent[] = [];
    let profile = this.#profiles.get(thread);
    if (profile === undefined) {
      profile = { id: `0x${(this.#profiles.size + 1).toString(16)}`, stackCount: 0, lastUs: timesUs[0]! };
      this.#profiles.set(thread, profile);
      events.push({ name: 'Profile', id: profile.id, args: jsonText({ data: { startTime: profile.lastUs } }) });
    }
    const nodes: unknown[] = [];
    for (let stack = profile.stackCount; stack < stacks.callers.length; stack++) {
      const callFrame = stack === 0 ? ROOT_FRAME : callFrameOf(functions[stacks.functions[stack]!]!);
      nodes.push({ id: stack + 1, ...(stack > 0 && { parent: stacks.callers[stack]! + 1 }), callFrame });
    }
    profile.stackCount = stacks.callers.length;
    const timeDeltas: number[] = [];
    for (const us of timesUs) {
      timeDeltas.push(us - profile.lastUs);
      profile.lastUs = us;
    }
    const cpuProfile = { nodes, samples: samples.map((stack) => stack + 1) };
    events.push({ name: 'ProfileChunk', id: profile.id, args: jsonText({ data: { cpuProfile, timeDeltas } }) });
    return events;
  }
}
