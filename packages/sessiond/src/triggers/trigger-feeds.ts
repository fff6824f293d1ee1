import type { DesiredTrigger } from '@ringtail/protocol';
import { concernsUser, type Owner } from '../model/owner.ts';
import { TriggerLog } from './trigger-log.ts';

/** A trigger that threads evaluate. */
export interface FedTrigger {
  readonly key: number;
  readonly owner: Owner;
  /** For threads with that slot; undefined while they need not evaluate it. */
  desired(slot: number): DesiredTrigger | undefined;
}

/** The triggers that threads of one user with one slot evaluate. */
interface Feed {
  readonly log: TriggerLog;
  readonly uid: number;
  readonly slot: number;
  threads: number;
}

/** The logs of triggers, for threads of each user and slot. */
export class TriggerFeeds {
  readonly #triggers = new Map<number, FedTrigger>();
  /** By user and slot. */
  readonly #feeds = new Map<string, Feed>();

  /** The same log for all registered threads. */
  logFor(uid: number, slot: number): TriggerLog {
    return this.#feedOf(uid, slot).log;
  }

  /** The trigger was added, or has changed. */
  put(trigger: FedTrigger): void {
    this.#triggers.set(trigger.key, trigger);
    for (const feed of this.#feeds.values()) putInto(feed, trigger);
  }

  remove(key: number): void {
    this.#triggers.delete(key);
    for (const { log } of this.#feeds.values()) log.put(key, undefined);
  }

  threadRegistered(uid: number, slot: number): void {
    this.#feedOf(uid, slot).threads += 1;
  }

  threadEnded(uid: number, slot: number): void {
    const feed = this.#feedOf(uid, slot);
    feed.threads -= 1;
    if (feed.threads <= 0) this.#feeds.delete(`${uid} ${slot}`);
  }

  #feedOf(uid: number, slot: number): Feed {
    const key = `${uid} ${slot}`;
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = { log: new TriggerLog(), uid, slot, threads: 0 };
      this.#feeds.set(key, feed);
      for (const trigger of this.#triggers.values()) putInto(feed, trigger);
    }
    return feed;
  }
}

function putInto({ log, uid, slot }: Feed, trigger: FedTrigger): void {
  if (concernsUser(trigger.owner, uid)) log.put(trigger.key, trigger.desired(slot));
}
