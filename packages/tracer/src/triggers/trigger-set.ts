import type { EventSpec } from '@ringtail/ctf';
import { triggerIn } from '@ringtail/protocol';
import type { CounterSpace } from '../control/counter-space.ts';
import type { TriggerNews } from '../control/state-reader.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import type { ReportSchedule } from './match-reports.ts';
import { ReportTimer } from './report-timer.ts';
import { TriggerBinding } from './trigger-binding.ts';

/** The targets of one event, as of a version of the set. */
interface Found {
  version: number;
  targets: readonly TriggerTarget[];
}

/** The triggers of all daemons of this thread. */
export class TriggerSet {
  readonly #schedule: ReportSchedule;
  /** By the numbers of their lines in the daemons' texts. */
  readonly #ofLinks = new Map<DaemonLink, Map<number, TriggerBinding>>();
  /** Triggers by the only event name that they match. Undefined: triggers whose pattern has a star. */
  readonly #byName = new Map<string | undefined, Set<TriggerBinding>>();
  /** Grows with each change. */
  #version = 0;
  readonly #found = new WeakMap<EventSpec, Found>();

  constructor(schedule: ReportSchedule = new ReportTimer()) {
    this.#schedule = schedule;
  }

  /** Adds and removes triggers of a daemon. A trigger that stays keeps its gathered matches and its counters. */
  update(link: DaemonLink, { isWhole, changes }: TriggerNews): void {
    const bindings = this.#ofLinks.get(link) ?? new Map<number, TriggerBinding>();
    this.#ofLinks.set(link, bindings);
    if (isWhole) for (const line of bindings.keys()) if (changes.get(line) === undefined) this.#remove(bindings, line);
    for (const [line, json] of changes) {
      if (json === undefined) this.#remove(bindings, line);
      else if (!bindings.has(line))
        this.#add(bindings, line, new TriggerBinding(link, triggerIn(json), this.#schedule));
    }
  }

  /** Removes the triggers of all other daemons. */
  retain(links: readonly DaemonLink[]): void {
    for (const link of this.#ofLinks.keys()) if (!links.includes(link)) this.forget(link);
  }

  /** Removes the triggers of a daemon. */
  forget(link: DaemonLink): void {
    const bindings = this.#ofLinks.get(link);
    for (const line of bindings?.keys() ?? []) this.#remove(bindings as Map<number, TriggerBinding>, line);
    this.#ofLinks.delete(link);
  }

  /** The targets of a recorder of the event. The same list as the last time where no target has changed. */
  targetsFor(event: EventSpec, counters: CounterSpace): readonly TriggerTarget[] {
    const found = this.#found.get(event) ?? { version: -1, targets: [] };
    if (found.version === this.#version) return found.targets;
    const targets: TriggerTarget[] = [];
    for (const name of [event.name, undefined]) {
      for (const binding of this.#byName.get(name) ?? []) {
        const target = binding.targetFor(event, counters);
        if (target !== undefined) targets.push(target);
      }
    }
    if (!isSame(targets, found.targets)) found.targets = targets;
    found.version = this.#version;
    this.#found.set(event, found);
    return found.targets;
  }

  /** Sends the matches that are not reported yet: the process ends. */
  flush(): void {
    for (const bindings of this.#ofLinks.values()) for (const binding of bindings.values()) binding.flush();
  }

  #add(bindings: Map<number, TriggerBinding>, line: number, binding: TriggerBinding): void {
    bindings.set(line, binding);
    const named = this.#byName.get(binding.name) ?? new Set();
    this.#byName.set(binding.name, named.add(binding));
    this.#version += 1;
  }

  #remove(bindings: Map<number, TriggerBinding>, line: number): void {
    const binding = bindings.get(line);
    if (binding === undefined) return;
    bindings.delete(line);
    binding.remove();
    const named = this.#byName.get(binding.name);
    named?.delete(binding);
    if (named?.size === 0) this.#byName.delete(binding.name);
    this.#version += 1;
  }
}

function isSame(targets: readonly TriggerTarget[], before: readonly TriggerTarget[]): boolean {
  return targets.length === before.length && targets.every((target, i) => target === before[i]);
}
