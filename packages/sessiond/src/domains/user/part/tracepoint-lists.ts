import type { TracepointDescription } from '@ringtail/protocol';
import type { RecordedThread } from '../../../model/application-process.ts';
import { textWeight } from '../../../shares/memory-weight.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';

/** A name and log level of a tracepoint; programs may have one name with several log levels. */
export interface NamedTracepoint {
  readonly name: string;
  readonly logLevel: number;
}

/** The tracepoints of a thread. */
export interface TracepointList {
  /** `TracepointDescription[]` as JSON: clients get the text, and the daemon does not read the fields. */
  readonly json: string;
  readonly names: readonly NamedTracepoint[];
}

/** A registered thread with its tracepoints. */
export interface ListedThread {
  readonly thread: RecordedThread;
  readonly tracepoints: TracepointList;
}

export const NO_TRACEPOINTS: TracepointList = { json: '[]', names: [] };

/** `TracepointDescription[]` as JSON, without the fields. */
export function jsonWithoutFields({ names }: TracepointList): string {
  return JSON.stringify(names.map(({ name, logLevel }): TracepointDescription => ({ name, logLevel, fields: [] })));
}

/** Memory of a name and its log level, besides the characters. */
const NAME_BYTES = 64;

/**
 * The tracepoint lists of all threads. Equal lists of a user are kept once: a thousand processes of one program share
 * one. Users share no lists, so that each list counts for one user.
 */
export class TracepointLists {
  /** By user and JSON. */
  readonly #lists = new Map<number, Map<string, Entry>>();
  readonly #entries = new Map<TracepointList, Entry>();
  readonly #kept: SharedPool;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The user's list with these tracepoints, kept until it has been released as often as it was acquired.
   *
   * @returns the reason if the user's share has no room
   */
  acquire(uid: number, tracepoints: readonly TracepointDescription[]): TracepointList | string {
    const json = JSON.stringify(tracepoints);
    const ofUser = this.#lists.get(uid) ?? new Map<string, Entry>();
    const known = ofUser.get(json);
    if (known !== undefined) {
      known.uses++;
      return known.list;
    }
    const bytes = textWeight(json) + tracepoints.reduce((sum, { name }) => sum + NAME_BYTES + textWeight(name), 0);
    const refusal = this.#kept.take(uid, bytes);
    if (refusal !== undefined) return refusal;
    const list = { json, names: tracepoints.map(({ name, logLevel }) => ({ name, logLevel })) };
    const entry: Entry = { uid, list, bytes, uses: 1 };
    this.#lists.set(uid, ofUser.set(json, entry));
    this.#entries.set(list, entry);
    return list;
  }

  release(list: TracepointList): void {
    const known = this.#entries.get(list);
    if (known === undefined || --known.uses > 0) return;
    this.#entries.delete(list);
    this.#kept.give(known.uid, known.bytes);
    const ofUser = this.#lists.get(known.uid);
    ofUser?.delete(list.json);
    if (ofUser?.size === 0) this.#lists.delete(known.uid);
  }
}

interface Entry {
  readonly uid: number;
  readonly list: TracepointList;
  readonly bytes: number;
  uses: number;
}
