import type { EventSpec } from '@ringtail/ctf';
import type { DesiredChannel, RecordingRule } from '@ringtail/protocol';
import { ChannelBinding } from '../channel/channel-binding.ts';
import { StateReader } from '../control/state-reader.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import type { StatedumpQueue } from '../statedump/statedump-queue.ts';
import { TriggerSet } from '../triggers/trigger-set.ts';
import { ContextReports, type ContextUser } from './context-reports.ts';
import type { ThreadResources } from './thread-resources.ts';

const NO_TRIGGERS: readonly TriggerTarget[] = [];

/** What one daemon has published so far. */
interface Published {
  readonly reader: StateReader;
  channels: readonly DesiredChannel[];
}

/**
 * The channels and triggers that the session daemons want this thread to record, as their newest texts in the control
 * file say.
 *
 * A channel or trigger that stays keeps its object, with its ring or its pending reports.
 */
export class DesiredRecording {
  readonly #links: () => readonly DaemonLink[];
  readonly #statedumps: StatedumpQueue;
  readonly #contextReports = new ContextReports();
  readonly #triggers = new TriggerSet();
  readonly #published = new WeakMap<DaemonLink, Published>();
  #resources: ThreadResources | undefined;
  #bindings: ReadonlyMap<string, ChannelBinding> = new Map();
  /** The daemons whose channels `#bindings` has; null once one of them has published other channels. */
  #boundLinks: readonly DaemonLink[] | null = [];
  /** Generation of the newest texts that were read. */
  #generation = 0;

  /** @param links the open connections to daemons */
  constructor(links: () => readonly DaemonLink[], statedumps: StatedumpQueue) {
    this.#links = links;
    this.#statedumps = statedumps;
  }

  /** Another map whenever something about channels has changed. Keys are `SLOT:KEY`. */
  get bindings(): ReadonlyMap<string, ChannelBinding> {
    return this.#bindings;
  }

  /** The rules of all channels. */
  *rules(): IterableIterator<RecordingRule> {
    for (const binding of this.#bindings.values()) yield* binding.rules;
  }

  useResources(resources: ThreadResources): void {
    this.#resources = resources;
  }

  /** The same list for an event until something about its triggers has changed. */
  triggersFor(event: EventSpec): readonly TriggerTarget[] {
    return this.#resources === undefined ? NO_TRIGGERS : this.#triggers.targetsFor(event, this.#resources.counters);
  }

  /** Reads what the daemons have published up to a generation. @returns false if a daemon is writing right now */
  reconcile(generation: number): boolean {
    if (generation === this.#generation) return true;
    const resources = this.#resources;
    if (resources === undefined) return false;
    const links = this.#links();
    for (const link of links) if (!this.#readOn(link, resources)) return false;
    this.#triggers.retain(links);
    const bound = this.#boundLinks;
    if (bound?.length !== links.length || links.some((link, i) => link !== bound[i])) this.#bind(links, resources);
    this.#generation = generation;
    return true;
  }

  /** Forgets a daemon that is gone. The next reconciliation retires its channels. */
  forget(link: DaemonLink): void {
    this.#statedumps.forget(link.slot);
    this.#triggers.forget(link);
    if (this.#resources === undefined) return;
    const { control, counters } = this.#resources;
    control.clearSlot(link.slot);
    counters.forget(link.slot);
    control.bumpGeneration();
  }

  /** Sends the reports that triggers have gathered: the process ends. */
  flushTriggers(): void {
    this.#triggers.flush();
  }

  #readOn(link: DaemonLink, { control }: ThreadResources): boolean {
    const published = this.#published.get(link) ?? { reader: new StateReader(control, link.slot), channels: [] };
    this.#published.set(link, published);
    const news = published.reader.read();
    if (news === undefined) return false;
    if (news.channels !== undefined) {
      published.channels = news.channels;
      this.#boundLinks = null;
    }
    this.#triggers.update(link, news.triggers);
    return true;
  }

  #bind(links: readonly DaemonLink[], { identity, counters }: ThreadResources): void {
    const bindings = new Map<string, ChannelBinding>();
    const contextUsers: ContextUser[] = [];
    for (const link of links) {
      for (const desired of this.#published.get(link)?.channels ?? []) {
        const key = `${link.slot}:${desired.key}`;
        const contextUser = { link, channel: desired.key, contexts: desired.contexts };
        let binding = this.#bindings.get(key);
        if (binding === undefined || binding.link !== link) {
          binding = new ChannelBinding(link, desired, identity, counters);
          this.#contextReports.reportKnown(contextUser);
        } else {
          binding.update(desired);
        }
        bindings.set(key, binding);
        if (desired.contexts.length > 0) contextUsers.push(contextUser);
        this.#statedumps.request(key, desired.statedump);
      }
    }
    for (const [key, binding] of this.#bindings) {
      if (bindings.get(key) !== binding) binding.retire();
    }
    this.#bindings = bindings;
    this.#contextReports.setUsers(contextUsers);
    this.#boundLinks = links;
  }
}
