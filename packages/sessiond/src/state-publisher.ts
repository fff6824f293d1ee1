import { readSync, writeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import { type ControlBytes, type ControlFile, type StateText, stateText } from './control-file.ts';
import { desiredStateOf } from './desired-state.ts';
import type { Log } from './log.ts';
import type { SessionRegistry } from './session-registry.ts';

export interface Subscriber {
  readonly uid: number;
  readonly controlFile: ControlFile;
  readonly disconnect: (why: string) => void;
}

/** Brings the control files of all threads up to date. */
export class StatePublisher {
  readonly #registry: SessionRegistry;
  readonly #wakePath: string;
  readonly #log: Log;
  readonly #subscribers = new Set<Subscriber>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(registry: SessionRegistry, wakePath: string, log: Log) {
    this.#registry = registry;
    this.#wakePath = wakePath;
    this.#log = log;
  }

  /** Publishes to this one from now on, at once for the first time. @throws what writing to the file throws. */
  add(subscriber: Subscriber): void {
    subscriber.controlFile.publish(this.#stateFor(subscriber.uid));
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Publishes soon: several changes in a row are one for the applications. */
  publishSoon(): void {
    this.#scheduled ??= setImmediate(() => this.publish());
  }

  publish(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const states = new Map<number, StateText>();
    for (const subscriber of [...this.#subscribers]) {
      const { uid, controlFile, disconnect } = subscriber;
      const state = states.get(uid) ?? this.#stateFor(uid);
      states.set(uid, state);
      try {
        if (!controlFile.publish(state)) this.#log.error(`the desired state of user ${uid} is too long`);
      } catch (error) {
        this.#subscribers.delete(subscriber);
        disconnect(`its control file cannot be written: ${describeError(error)}`);
      }
    }
  }

  #stateFor(uid: number): StateText {
    return stateText(JSON.stringify(desiredStateOf(this.#registry.sessions(), uid, this.#wakePath)));
  }
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
