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
  readonly text: StateText;
  /** By the keys of channels: the numbers of the states that the thread is to record. */
  readonly statedumps: ReadonlyMap<number, number>;
}

/** Brings the control files of all threads up to date. */
export class StatePublisher {
  readonly #registry: SessionRegistry;
  readonly #wakePath: string;
  readonly #triggersFor: TriggersFor;
  readonly #filterCountersFor: FilterCountersFor;
  readonly #log: Log;
  readonly #subscribers = new Map<Subscriber, State>();
  /** By their texts: a thousand threads hold no more than they differ in. */
  #states = new Map<string, State>();
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
    this.#subscribers.set(subscriber, state);
  }

  remove(subscriber: Subscriber): void {
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
    this.#states = new Map();
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
        this.#subscribers.set(subscriber, state);
        if (hasNewStatedump(published, state)) subscriber.look();
      } else {
        this.#log.error(`the desired state of user ${subscriber.thread.uid} is too long`);
      }
    } catch (error) {
      this.#subscribers.delete(subscriber);
      subscriber.disconnect(`its control file cannot be written: ${describeError(error)}`);
    }
  }

  #stateFor(traces: readonly Trace[], { thread, slot }: Subscriber): State {
    const triggers = this.#triggersFor(thread.uid, slot);
    const desired = desiredStateOf(traces, this.#wakePath, triggers, (session, channel) =>
      this.#filterCountersFor(session, channel, slot),
    );
    const text = JSON.stringify(desired);
    const known = this.#states.get(text);
    if (known !== undefined) return known;
    const statedumps = new Map(desired.channels.map(({ key, statedump }) => [key, statedump]));
    const state = { text: stateText(text), statedumps };
    this.#states.set(text, state);
    return state;
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
