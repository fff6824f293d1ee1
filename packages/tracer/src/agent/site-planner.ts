import type { ChannelBinding } from '../channel/channel-binding.ts';
import { makeRecorder } from '../recorder/code-generation.ts';
import type { Gate, Recorder, RecorderTarget, TriggerTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { makeWaitingRecorder } from '../recorder/waiting-recorder.ts';
import type { DesiredRecording } from './desired-recording.ts';

/** The desired recording that a site's recorder was made for. */
interface PlannedFor {
  readonly bindings: ReadonlyMap<string, ChannelBinding>;
  readonly triggers: readonly TriggerTarget[];
  readonly isOff: boolean;
}

/** Gives sites the recorder that the desired recording asks for. */
export class SitePlanner {
  readonly #desired: DesiredRecording;
  readonly #gate: Gate;
  readonly #staleRecorder: (site: Site) => Recorder;
  readonly #planned = new WeakMap<Site, PlannedFor>();

  /** @param staleRecorder makes the recorder for a site at any generation but the one that it was planned for */
  constructor(desired: DesiredRecording, gate: Gate, staleRecorder: (site: Site) => Recorder) {
    this.#desired = desired;
    this.#gate = gate;
    this.#staleRecorder = staleRecorder;
  }

  /** @param all the thread's sites, whose events are declared in one message with the site's */
  plan(site: Site, generation: number, all: readonly Site[]): void {
    const { bindings } = this.#desired;
    const triggers = this.#desired.triggersFor(site.event);
    const former = this.#planned.get(site);
    if (former?.bindings === bindings && former.triggers === triggers) {
      // The new generation is about other events.
      if (former.isOff) site.off = generation;
      else site.on = generation;
      return;
    }
    const targets: RecorderTarget[] = [];
    const waiting: ChannelBinding[] = [];
    for (const binding of bindings.values()) {
      if (!binding.wants(site)) continue;
      const target = binding.target(site, all);
      if (target === 'later') waiting.push(binding);
      else if (target !== 'never') targets.push(target);
    }
    const stale = this.#staleRecorder(site);
    const plan = { event: site.event, targets, triggers, gate: this.#gate, site, stale };
    if (waiting.length > 0) {
      this.#planned.delete(site);
      site.record = makeWaitingRecorder(
        plan,
        waiting.map((binding) => binding.waitingFor(site)),
      );
      site.on = generation;
      return;
    }
    const isOff = targets.length === 0 && triggers.length === 0;
    if (isOff) {
      site.on = -1;
      site.off = generation;
      site.record = stale;
    } else {
      site.record = makeRecorder(plan);
      site.on = generation;
    }
    this.#planned.set(site, { bindings, triggers, isOff });
  }
}
