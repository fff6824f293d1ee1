import type { TracepointDescription } from '@ringtail/protocol';
import { TRACEPOINT_LISTS_LENGTH_MAX } from './limits.ts';

/** What a thread says that it can record, as clients are told of it. */
export interface TracepointList {
  /** `TracepointDescription[]` as JSON: nobody here reads fields, and clients get it as it is. */
  readonly json: string;
  readonly names: readonly { readonly name: string; readonly logLevel: number }[];
}

export const NO_TRACEPOINTS: TracepointList = { json: '[]', names: [] };

/** `TracepointDescription[]` as JSON, of which nobody wants to know the fields. */
export function jsonWithoutFields({ names }: TracepointList): string {
  return JSON.stringify(names.map(({ name, logLevel }): TracepointDescription => ({ name, logLevel, fields: [] })));
}

/** The lists of all threads, equal ones kept once: a thousand processes of one program have one. */
export class TracepointLists {
  readonly #lists = new Map<string, { readonly list: TracepointList; uses: number }>();

  #length = 0;

  get size(): number {
    return this.#lists.size;
  }

  /**
   * The list with these tracepoints, until it has been released as often as it was asked for. Undefined where all lists
   * together would be too long.
   */
  acquire(tracepoints: readonly TracepointDescription[]): TracepointList | undefined {
    const json = JSON.stringify(tracepoints);
    const known = this.#lists.get(json);
    if (known !== undefined) {
      known.uses++;
      return known.list;
    }
    if (this.#length + json.length > TRACEPOINT_LISTS_LENGTH_MAX) return undefined;
    this.#length += json.length;
    const list = { json, names: tracepoints.map(({ name, logLevel }) => ({ name, logLevel })) };
    this.#lists.set(json, { list, uses: 1 });
    return list;
  }

  release(list: TracepointList): void {
    const known = this.#lists.get(list.json);
    if (known === undefined || --known.uses > 0) return;
    this.#lists.delete(list.json);
    this.#length -= list.json.length;
  }
}
