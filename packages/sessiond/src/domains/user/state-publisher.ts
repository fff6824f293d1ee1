import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeError } from '@ringtail/base';
import type { DesiredChannel } from '@ringtail/protocol';
import type { PeerLog } from '../../log/peer-log.ts';
import type { Channel, RecordedThread, Session } from '../../model/session.ts';
import type { SessionRegistry } from '../../model/session-registry.ts';
import type { FairTurns } from '../../shares/fair-turns.ts';
import { PoolHolding } from '../../shares/pool-holding.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import type { TriggerFeed } from '../../triggers/trigger-feed.ts';
import type { ControlFile } from './control-file.ts';
import { desiredChannelsOf, type WakePathOf } from './desired-state.ts';
import { PeerRefusal } from './peer-refusal.ts';
import { type ChannelsText, StateTexts } from './state-texts.ts';

export interface Subscriber {
  readonly thread: RecordedThread;
  /** Of the control file, that is this daemon's. */
  readonly slot: number;
  readonly controlFile: ControlFile;
  readonly disconnect: (why: string) => void;
  /** Has the thread look at its control file although it may be idle. */
  readonly look: (turn?: number) => void;
}

/** What threads of that user with that slot look for. */
export type FeedFor = (uid: number, slot: number) => TriggerFeed;

/** Where threads with that slot count what the filters of a channel decide; null where they do not. */
export type FilterCountersFor = (session: Session, channel: Channel, slot: number) => DesiredChannel['filterCounters'];

/** What a thread was told last. */
interface Published {
  readonly channels: ChannelsText;
  readonly feed: TriggerFeed;
  /** Of the feed. */
  readonly version: number;
  /** Its bytes. */
  readonly holding: PoolHolding;
}

/** A text may be so much longer than twice what of it is still true; then another is begun. */
const OUTDATED_BYTES = 64 * 1024;

export interface StatePublisherOptions {
  readonly registry: SessionRegistry;
  readonly turns: FairTurns;
  readonly wakePathOf: WakePathOf;
  readonly feedFor: FeedFor;
  readonly filterCountersFor: FilterCountersFor;
  /** Bytes of what all threads are told. */
  readonly controlBytes: SharedPool;
  readonly log: PeerLog;
}

/** A user may have thousands of threads, and megabytes of rules for each: the daemon's own turns are used, in slices. */
const DAEMON = 0;

/** Brings the control files of all threads up to date. */
export class StatePublisher {
  readonly #options: StatePublisherOptions;
  readonly #subscribers = new Map<Subscriber, Published>();
  readonly #texts = new StateTexts();
  /** The pass through all subscribers that began last. */
  #pass: Promise<void> = Promise.resolve();
  /** The end of the next pass. */
  #soon: Promise<void> | undefined;
  /** Whether something else than triggers may have changed since it was published. */
  #channelsDue = false;

  constructor(options: StatePublisherOptions) {
    this.#options = options;
  }

  /**
   * Publishes to this one from now on, at once for the first time.
   *
   * @throws {PeerRefusal} `SHARE_USED_UP`
   * @throws what writing to the file throws.
   */
  add(subscriber: Subscriber): void {
    const { uid } = subscriber.thread;
    const feed = this.#options.feedFor(uid, subscriber.slot);
    const channels = this.#channelsFor(subscriber);
    const holding = new PoolHolding(this.#options.controlBytes);
    const refusal = holding.take(uid, channels.bytes + feed.bytes);
    if (refusal !== undefined) throw new PeerRefusal('SHARE_USED_UP', refusal);
    try {
      if (!subscriber.controlFile.begin(this.#texts.whole(channels, feed))) this.#tellTooLong(subscriber);
    } catch (error) {
      holding.giveBackAll();
      throw error;
    }
    this.#keep(subscriber, { channels, feed, version: feed.version, holding });
  }

  remove(subscriber: Subscriber): void {
    const published = this.#subscribers.get(subscriber);
    this.#subscribers.delete(subscriber);
    if (published === undefined) return;
    this.#texts.release(published.channels);
    published.holding.giveBackAll();
  }

  /** Publishes soon: several changes in a row are one for the applications. Resolves when it is done. */
  publishSoon(): Promise<void> {
    this.#channelsDue = true;
    return this.publishTriggersSoon();
  }

  /** The same where nothing has changed but triggers: what is recorded is not looked at. */
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

  /** Changes during the pass are of the next one, also where the pass has seen them already. */
  *#publishDue(): Generator<void, void> {
    const areChannelsDue = this.#channelsDue;
    this.#channelsDue = false;
    if (areChannelsDue) this.#texts.forgetChannels();
    const byContents = new Map<string, ChannelsText>();
    for (const subscriber of [...this.#subscribers.keys()]) {
      const published = this.#subscribers.get(subscriber);
      if (published === undefined) continue;
      const channels = areChannelsDue ? this.#channelsFor(subscriber, byContents) : published.channels;
      this.#publishTo(subscriber, published, channels);
      yield;
    }
    this.#texts.forgetChanges();
  }

  #publishTo(subscriber: Subscriber, published: Published, channels: ChannelsText): void {
    const { channels: before, feed, version, holding } = published;
    const hasNewChannels = channels.text !== before.text;
    if (!hasNewChannels && version === feed.version) return;
    const refusal = this.#holdRoom(subscriber, holding, channels.bytes + feed.bytes);
    if (refusal !== undefined) {
      this.remove(subscriber);
      subscriber.disconnect(`it cannot be told what to record: ${refusal}`);
      return;
    }
    try {
      if (!this.#write(subscriber.controlFile, { ...published, channels }, hasNewChannels)) {
        this.#tellTooLong(subscriber);
        return;
      }
      this.#keep(subscriber, { channels, feed, version: feed.version, holding });
      if (hasNewDemand(before, channels)) subscriber.look();
    } catch (error) {
      this.remove(subscriber);
      subscriber.disconnect(`its control file cannot be written: ${describeError(error)}`);
    }
  }

  /** @returns why there is no room for so many bytes in all */
  #holdRoom({ thread: { uid } }: Subscriber, holding: PoolHolding, bytes: number): string | undefined {
    const more = bytes - holding.heldFor(uid);
    if (more > 0) return holding.take(uid, more);
    holding.giveBack(uid, -more);
    return undefined;
  }

  #keep(subscriber: Subscriber, published: Published): void {
    this.#texts.hold(published.channels);
    const before = this.#subscribers.get(subscriber);
    this.#subscribers.set(subscriber, published);
    if (before !== undefined) this.#texts.release(before.channels);
  }

  /** Writes what has changed behind what is there; everything where that is not possible, or much of what is there is no more. */
  #write(controlFile: ControlFile, { channels, feed, version }: Published, hasNewChannels: boolean): boolean {
    const news = feed.since(version);
    if (news !== undefined && controlFile.length < 2 * (channels.bytes + feed.bytes) + OUTDATED_BYTES) {
      if (controlFile.append(this.#texts.change(hasNewChannels ? channels : undefined, news))) return true;
    }
    return controlFile.begin(this.#texts.whole(channels, feed));
  }

  /** @param byContents what was found for others that record into the same traces */
  #channelsFor(subscriber: Subscriber, byContents = new Map<string, ChannelsText>()): ChannelsText {
    const { thread, slot } = subscriber;
    const { wakePathOf, filterCountersFor } = this.#options;
    const traces = this.#options.registry.traces.activeOf(thread);
    const key = `${slot} ${traces.map((trace) => trace.key).join()}`;
    const known = byContents.get(key);
    if (known !== undefined) return known;
    const channels = this.#texts.channels(
      desiredChannelsOf(traces, wakePathOf, (session, channel) => filterCountersFor(session, channel, slot)),
    );
    byContents.set(key, channels);
    return channels;
  }

  #tellTooLong({ thread }: Subscriber): void {
    this.#options.log.of(thread.uid, 'desired states').error(`the desired state of user ${thread.uid} is too long`);
  }
}

function hasNewDemand(before: ChannelsText, channels: ChannelsText): boolean {
  for (const [channel, count] of channels.demands) {
    if (count > (before.demands.get(channel) ?? 0)) return true;
  }
  return false;
}
