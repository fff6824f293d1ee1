import type { EventSpec } from '@ringtail/ctf';
import type { DesiredTrigger } from '@ringtail/protocol';
import type { StateNews } from '../control/state-reader.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import type { ReportSchedule } from './match-reports.ts';
import { withRepeats } from './repeats.ts';
import { ReportTimer } from './report-timer.ts';
import { EMPTY_ROSTER, Roster, RosterView } from './roster.ts';
import { type CountingSpaces, TriggerBinding } from './trigger-binding.ts';

interface Filed {
  readonly binding: TriggerBinding;
  readonly pattern: string;
}

/** What an event sets off, as it was when somebody asked last. */
interface View {
  readonly named: RosterView;
  readonly others: RosterView;
  found: readonly (readonly unknown[])[];
  targets: readonly TriggerTarget[];
}

/** The triggers that the daemons of this thread want events looked at for. There may be thousands. */
export class TriggerSet {
  readonly #schedule: ReportSchedule;
  /** By the keys that their daemons gave them. */
  readonly #ofLinks = new Map<DaemonLink, Map<number, Filed>>();
  /** Those whose pattern is the name of one event, by that name; the others. */
  readonly #byName = new Map<string, Roster>();
  #others = new Roster();
  readonly #views = new WeakMap<EventSpec, View>();

  constructor(schedule: ReportSchedule = new ReportTimer()) {
    this.#schedule = schedule;
  }

  /** Takes what a daemon has published since the last time; what stays keeps what it has gathered. */
  take(link: DaemonLink, { isWhole, changes }: StateNews): void {
    if (isWhole) {
      const wanted = new Set<number>();
      for (const { removed = [], added = [] } of changes) {
        for (const key of removed) wanted.delete(key);
        for (const { key } of added) wanted.add(key);
      }
      for (const key of this.#ofLinks.get(link)?.keys() ?? []) if (!wanted.has(key)) this.#remove(link, key);
    }
    for (const { removed = [], added = [] } of changes) {
      for (const key of removed) this.#remove(link, key);
      for (const desired of added) this.#add(link, desired);
    }
  }

  /** Forgets the triggers of all other daemons. */
  retain(links: readonly DaemonLink[]): void {
    for (const link of this.#ofLinks.keys()) if (!links.includes(link)) this.forget(link);
  }

  /** Forgets the triggers of a daemon. */
  forget(link: DaemonLink): void {
    for (const key of this.#ofLinks.get(link)?.keys() ?? []) this.#remove(link, key);
    this.#ofLinks.delete(link);
  }

  /** What a recorder of the event does for triggers: the same list as the last time where that is the same. */
  targetsFor(event: EventSpec, spaces: CountingSpaces): readonly TriggerTarget[] {
    let view = this.#views.get(event);
    if (view === undefined) {
      view = { named: new RosterView(), others: new RosterView(), found: [[], []], targets: [] };
      this.#views.set(event, view);
    }
    const named = view.named.look(this.#byName.get(event.name) ?? EMPTY_ROSTER, event, spaces);
    const others = view.others.look(this.#others, event, spaces);
    if (named !== view.found[0] || others !== view.found[1]) {
      view.found = [named, others];
      view.targets = withRepeats([...named, ...others], event, spaces.counters);
    }
    return view.targets;
  }

  /** Sends what has not been told yet: the process ends. */
  flush(): void {
    for (const bindings of this.#ofLinks.values()) for (const { binding } of bindings.values()) binding.flush();
  }

  #add(link: DaemonLink, desired: DesiredTrigger): void {
    const { key } = desired;
    const { pattern } = desired.rule;
    const bindings = this.#ofLinks.get(link) ?? new Map<number, Filed>();
    if (bindings.has(key)) return;
    const binding = new TriggerBinding(link, desired, this.#schedule);
    this.#ofLinks.set(link, bindings.set(key, { binding, pattern }));
    if (!isName(pattern)) {
      this.#others.bindings.push(binding);
      return;
    }
    const named = this.#byName.get(pattern) ?? new Roster();
    this.#byName.set(pattern, named);
    named.bindings.push(binding);
  }

  #remove(link: DaemonLink, key: number): void {
    const filed = this.#ofLinks.get(link)?.get(key);
    if (filed === undefined) return;
    const { binding, pattern } = filed;
    this.#ofLinks.get(link)?.delete(key);
    binding.remove();
    if (!isName(pattern)) {
      this.#others.gone += 1;
      this.#others = this.#others.tidied();
      return;
    }
    const named = this.#byName.get(pattern) as Roster;
    named.gone += 1;
    if (named.size > 0) this.#byName.set(pattern, named.tidied());
    else this.#byName.delete(pattern);
  }
}

/** Whether only one event can have it. */
function isName(pattern: string): boolean {
  return !/[*\\]/.test(pattern);
}
