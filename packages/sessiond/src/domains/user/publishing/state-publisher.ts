import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeError } from '@ringtail/base';
import { channelsText, type DesiredChannel } from '@ringtail/protocol';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { RecordedThread } from '../../../model/application-process.ts';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';
import type { FairTurns } from '../../../shares/fair-turns.ts';
import { PoolHolding } from '../../../shares/pool-holding.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import type { TriggerLog } from '../../../triggers/trigger-log.ts';
import type { TraceTable } from '../part/trace-table.ts';
import type { Channel, UserPart } from '../part/user-part.ts';
import type { ControlFile, StateText } from './control-file.ts';
import { desiredChannelsOf, type WakePathOf } from './desired-state.ts';

export interface Subscriber {
  readonly thread: RecordedThread;
  /** The slot of this daemon in the control file. */
  readonly slot: number;
  readonly controlFile: ControlFile;
  readonly disconnect: (why: string) => void;
  /** Has the thread read its control file although it may be idle. */
  readonly look: (turn?: number) => void;
}

/** The triggers that threads of that user with that slot evaluate. */
export type TriggerLogFor = (uid: number, slot: number) => TriggerLog;

/** Counters in that slot for the decisions of a channel's filters; null where nothing is counted. */
export type FilterCountersFor = (part: UserPart, channel: Channel, slot: number) => DesiredChannel['filterCounters'];

/** Channels that a thread records into. */
interface Channels {
  readonly lengthBytes: number;
  /** Of the text, so that the daemon need not keep the text. */
  readonly digest: string;
}

interface EncodedChannels extends Channels {
  readonly text: StateText;
}

/** What a thread's control file has. */
interface Published {
  readonly channels: Channels;
  readonly triggers: { readonly number: number; readonly length: number };
}

interface Subscription {
  readonly log: TriggerLog;
  /** Bytes of the published texts. */
  readonly holding: PoolHolding;
  published: Published;
}

/** Channels that were found in one pass, by the slots and traces of threads. */
type ChannelsByTraces = Map<string, EncodedChannels>;

export interface StatePublisherOptions {
  readonly traces: TraceTable;
  readonly turns: FairTurns;
  readonly wakePathOf: WakePathOf;
  readonly triggerLogFor: TriggerLogFor;
  readonly filterCountersFor: FilterCountersFor;
  /** Bytes of the desired states of all threads. */
  readonly controlBytes: SharedPool;
  readonly log: PeerLog;
}

/**
 * A user may have thousands of threads with megabytes of rules each: publishing uses the daemon's own turns, in
 * slices.
 */
const DAEMON = 0;

/** Keeps the control files of all threads up to date. */
export class StatePublisher {
  readonly #options: StatePublisherOptions;
  readonly #subscriptions = new Map<Subscriber, Subscription>();
  #lastNumber = 0;
  /** The pass through all subscribers that began last. */
  #pass: Promise<void> = Promise.resolve();
  /** The end of the next pass. */
  #soon: Promise<void> | undefined;
  /** Whether channels may have changed since they were published. */
  #channelsDue = false;

  constructor(options: StatePublisherOptions) {
    this.#options = options;
  }

  /**
   * Publishes to this subscriber at once, and after each change from now on.
   *
   * @throws {PeerRefusal} `SHARE_USED_UP`
   * @throws what writing to the file throws.
   */
  add(subscriber: Subscriber): void {
    const { uid } = subscriber.thread;
    const log = this.#options.triggerLogFor(uid, subscriber.slot);
    const channels = this.#channelsFor(subscriber, new Map());
    const holding = new PoolHolding(this.#options.controlBytes);
    try {
      const refusal = holding.take(uid, channels.lengthBytes + log.length);
      if (refusal !== undefined) throw new PeerRefusal('SHARE_USED_UP', refusal);
      this.#write(subscriber, channels.text, log);
    } catch (error) {
      holding.giveBackAll();
      throw error;
    }
    this.#subscriptions.set(subscriber, { log, holding, published: publishedOf(channels, log) });
  }

  remove(subscriber: Subscriber): void {
    const subscription = this.#subscriptions.get(subscriber);
    if (subscription === undefined) return;
    subscription.holding.giveBackAll();
    this.#subscriptions.delete(subscriber);
  }

  /** Publishes soon, so that several changes in a row are one for the applications. Resolves when all is published. */
  publishSoon(): Promise<void> {
    this.#channelsDue = true;
    return this.publishTriggersSoon();
  }

  /** The same where only triggers have changed: channels are not compared. */
  publishTriggersSoon(): Promise<void> {
    this.#soon ??= this.#pass
      .then(() => nextTurn())
      .then(() => {
        this.#soon = undefined;
        this.#pass = this.#options.turns.inSlices(DAEMON, this.#publishDue());
        return this.#pass;
      });
    return this.#soon;
  }

  /** Resolves when nothing waits to be published any more. */
  async published(): Promise<void> {
    await (this.#soon ?? this.#pass);
  }

  /** A change during the pass is published by the next pass, even if this one has seen it. */
  *#publishDue(): Generator<void, void> {
    const areChannelsDue = this.#channelsDue;
    this.#channelsDue = false;
    const byTraces: ChannelsByTraces = new Map();
    for (const subscriber of [...this.#subscriptions.keys()]) {
      const subscription = this.#subscriptions.get(subscriber);
      if (subscription === undefined) continue;
      this.#publishTo(subscriber, subscription, areChannelsDue ? this.#channelsFor(subscriber, byTraces) : undefined);
      yield;
    }
  }

  /** @param found absent where channels have not changed */
  #publishTo(subscriber: Subscriber, subscription: Subscription, found: EncodedChannels | undefined): void {
    const { published, log, holding } = subscription;
    const areTriggersSame = log.number === published.triggers.number && log.length === published.triggers.length;
    const changed = found?.digest === published.channels.digest ? undefined : found;
    if (areTriggersSame && changed === undefined) return;
    const channels = changed ?? published.channels;
    const refusal = this.#holdRoom(subscriber, holding, channels.lengthBytes + log.length);
    if (refusal !== undefined) {
      this.remove(subscriber);
      subscriber.disconnect(`its recording configuration cannot be sent: ${refusal}`);
      return;
    }
    try {
      if (!this.#write(subscriber, changed?.text, log)) return;
      subscription.published = publishedOf(channels, log);
      // An idle thread has to install or remove instruments and probes, record its state, or give memory back.
      subscriber.look();
    } catch (error) {
      this.remove(subscriber);
      subscriber.disconnect(`its control file cannot be written: ${describeError(error)}`);
    }
  }

  /** @returns why the share of the user has no room for the bytes */
  #holdRoom({ thread: { uid } }: Subscriber, holding: PoolHolding, bytes: number): string | undefined {
    const more = bytes - holding.heldFor(uid);
    if (more > 0) return holding.take(uid, more);
    holding.giveBack(uid, -more);
    return undefined;
  }

  /** @returns false where the desired state is too long, which is logged */
  #write({ controlFile, thread: { uid } }: Subscriber, channels: StateText | undefined, log: TriggerLog): boolean {
    if (controlFile.publish(channels, log)) return true;
    this.#options.log.of(uid, 'desired states').error(`the desired state of user ${uid} is too long`);
    return false;
  }

  #channelsFor({ thread, slot }: Subscriber, byTraces: ChannelsByTraces): EncodedChannels {
    const { wakePathOf, filterCountersFor } = this.#options;
    const traces = this.#options.traces.activeOf(thread);
    const key = `${slot} ${traces.map((trace) => trace.key).join()}`;
    let channels = byTraces.get(key);
    if (channels === undefined) {
      const counters = (part: UserPart, channel: Channel) => filterCountersFor(part, channel, slot);
      const desired = desiredChannelsOf(traces, wakePathOf, counters);
      const bytes = Buffer.from(channelsText(desired));
      const digest = createHash('sha256').update(bytes).digest('base64');
      this.#lastNumber = (this.#lastNumber + 1) >>> 0;
      channels = { text: { number: this.#lastNumber, bytes }, lengthBytes: bytes.length, digest };
      byTraces.set(key, channels);
    }
    return channels;
  }
}

function publishedOf({ lengthBytes, digest }: Channels, { number, length }: TriggerLog): Published {
  return { channels: { lengthBytes, digest }, triggers: { number, length } };
}
