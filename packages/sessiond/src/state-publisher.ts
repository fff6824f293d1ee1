import { readSync, writeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { DesiredChannel, DesiredTrigger } from '@ringtail/protocol';
import { type ControlBytes, type ControlFile, type StateText, stateText } from './control-file.ts';
import { desiredStateOf } from './desired-state.ts';
import type { Log } from './log.ts';
import type { Channel, RecordedThread, Session, Trace } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';

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
export type TriggersFor = (uid: number, slot: number) => readonly DesiredTrigger[];

/** Where threads with that slot count what the filters of a channel decide; null where they do not. */
export type FilterCountersFor = (session: Session, channel: Channel, slot: number) => DesiredChannel['filterCounters'];

/** A desired state with its text; threads with the same text share one. */
interface State {
  readonly json: string;
  readonly text: StateText;
  /** By the keys of channels: the numbers of the states that the thread is to record. */
  readonly statedumps: ReadonlyMap<number, number>;
  /** How many threads it was published to last. */
  threads: number;
}

/** Brings the control files of all threads up to date. */
export class StatePublisher {
  readonly #registry: SessionRegistry;
  readonly #wakePath: string;
  readonly #triggersFor: TriggersFor;
  readonly #filterCountersFor: FilterCountersFor;
  readonly #log: Log;
  readonly #subscribers = new Map<Subscriber, State>();
  /** Of all subscribers, by their texts: a thousand threads hold no more than they differ in. */
  readonly #states = new Map<string, State>();
  #soon: Promise<void> | undefined;

  constructor(
    registry: SessionRegistry,
    wakePath: string,
    log: Log,
    triggersFor: TriggersFor = () => [],
    filterCountersFor: FilterCountersFor = () => null,
  ) {
    this.#registry = registry;
    this.#wakePath = wakePath;
    this.#triggersFor = triggersFor;
    this.#filterCountersFor = filterCountersFor;
    this.#log = log;
  }

  /** Publishes to this one from now on, at once for the first time. @throws what writing to the file throws. */
  add(subscriber: Subscriber): void {
    const state = this.#stateFor(this.#registry.activeTracesOf(subscriber.thread), subscriber);
    subscriber.controlFile.publish(state.text);
    this.#keep(subscriber, state);
  }

  remove(subscriber: Subscriber): void {
    this.#release(this.#subscribers.get(subscriber));
    this.#subscribers.delete(subscriber);
  }

  /** Publishes soon: several changes in a row are one for the applications. Resolves when it is done. */
  publishSoon(): Promise<void> {
    this.#soon ??= new Promise((resolve) => {
      setImmediate(() => {
        if (this.#soon !== undefined) this.publish();
        resolve();
      });
    });
    return this.#soon;
  }

  /** Resolves when nothing waits to be published any more. */
  async published(): Promise<void> {
    await this.#soon;
  }

  publish(): void {
    this.#soon = undefined;
    const byContents = new Map<string, State>();
    for (const [subscriber, published] of [...this.#subscribers]) {
      const traces = this.#registry.activeTracesOf(subscriber.thread);
      const key = `${subscriber.thread.uid} ${subscriber.slot} ${traces.map((trace) => trace.key).join()}`;
      const state = byContents.get(key) ?? this.#stateFor(traces, subscriber);
      byContents.set(key, state);
      this.#publishTo(subscriber, published, state);
    }
  }

  #publishTo(subscriber: Subscriber, published: State, state: State): void {
    try {
      if (subscriber.controlFile.publish(state.text)) {
        this.#keep(subscriber, state);
        if (hasNewStatedump(published, state)) subscriber.look();
      } else {
        this.#log.error(`the desired state of user ${subscriber.thread.uid} is too long`);
      }
    } catch (error) {
      this.remove(subscriber);
      subscriber.disconnect(`its control file cannot be written: ${describeError(error)}`);
    }
  }

  #stateFor(traces: readonly Trace[], { thread, slot }: Subscriber): State {
    const triggers = this.#triggersFor(thread.uid, slot);
    const desired = desiredStateOf(traces, this.#wakePath, triggers, (session, channel) =>
      this.#filterCountersFor(session, channel, slot),
    );
    const json = JSON.stringify(desired);
    const known = this.#states.get(json);
    if (known !== undefined) return known;
    const statedumps = new Map(desired.channels.map(({ key, statedump }) => [key, statedump]));
    return { json, text: stateText(json), statedumps, threads: 0 };
  }

  #keep(subscriber: Subscriber, state: State): void {
    const former = this.#subscribers.get(subscriber);
    if (former === state) return;
    this.#subscribers.set(subscriber, state);
    state.threads++;
    this.#states.set(state.json, state);
    this.#release(former);
  }

  #release(state: State | undefined): void {
    if (state !== undefined && --state.threads === 0) this.#states.delete(state.json);
  }
}

function hasNewStatedump(published: State, state: State): boolean {
  for (const [channel, statedump] of state.statedumps) {
    if (statedump > (published.statedumps.get(channel) ?? 0)) return true;
  }
  return false;
}

/** The bytes behind a descriptor. */
export function controlBytesOf(descriptor: number): ControlBytes {
  return {
    read(bytes, position) {
      if (readSync(descriptor, bytes, 0, bytes.length, position) !== bytes.length) {
        throw new Error('the control file is shorter than it was');
      }
    },
    write(bytes, position) {
      if (writeSync(descriptor, bytes, 0, bytes.length, position) !== bytes.length) {
        throw new Error('the control file took only a part');
      }
    },
  };
}
