import { describeError } from '@ringtail/base';
import type { EventSpec } from '@ringtail/ctf';
import type { DesiredTrigger } from '@ringtail/protocol';
import type { CounterSpace } from '../agent/counter-space.ts';
import type { DaemonLink } from '../agent/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder.ts';
import { ReportTimer } from './report-timer.ts';
import { TriggerBinding } from './trigger-binding.ts';

export interface TriggerOfLink {
  readonly link: DaemonLink;
  readonly desired: DesiredTrigger;
}

/** The triggers that the daemons of this thread want events looked at for. There may be thousands. */
export class TriggerSet {
  readonly #timer = new ReportTimer();
  #bindings = new Map<string, TriggerBinding>();
  /** What cannot be evaluated, which its daemon has been told. */
  #refused = new Map<string, string>();
  /** Those whose pattern is the name of one event, by that name; the others. */
  #byName = new Map<string, TriggerBinding[]>();
  #others: TriggerBinding[] = [];

  /** Keeps what stays, with what it has gathered. */
  update(triggers: readonly TriggerOfLink[]): void {
    const bindings = new Map<string, TriggerBinding>();
    const refused = new Map<string, string>();
    this.#byName = new Map();
    this.#others = [];
    for (const { link, desired } of triggers) {
      const key = `${link.slot}:${desired.key}`;
      const text = JSON.stringify(desired);
      if (this.#refused.get(key) === text) {
        refused.set(key, text);
        continue;
      }
      let binding = this.#bindings.get(key);
      if (binding === undefined || binding.link !== link || binding.text !== text) {
        try {
          binding = new TriggerBinding(link, desired, text, this.#timer);
        } catch (error) {
          refused.set(key, text);
          const message = `a trigger is left out: ${describeError(error)}`;
          link.send({ type: 'trouble', channel: null, code: 'BAD_FILTER', message });
          continue;
        }
      }
      bindings.set(key, binding);
      this.#file(desired.rule.pattern, binding);
    }
    for (const [key, binding] of this.#bindings) if (bindings.get(key) !== binding) binding.flush();
    this.#bindings = bindings;
    this.#refused = refused;
  }

  /** What a recorder of the event does for triggers. */
  targetsFor(event: EventSpec, counters: CounterSpace): TriggerTarget[] {
    const named = this.#byName.get(event.name) ?? [];
    return [...named, ...this.#others]
      .map((binding) => binding.targetFor(event, counters))
      .filter((target) => target !== undefined);
  }

  /** Sends what has not been told yet: the process ends. */
  flush(): void {
    for (const binding of this.#bindings.values()) binding.flush();
  }

  #file(pattern: string, binding: TriggerBinding): void {
    if (/[*\\]/.test(pattern)) {
      this.#others.push(binding);
      return;
    }
    const named = this.#byName.get(pattern);
    if (named === undefined) this.#byName.set(pattern, [binding]);
    else named.push(binding);
  }
}
