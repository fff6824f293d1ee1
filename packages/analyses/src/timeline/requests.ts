import type { ReservedGroup } from './lanes.ts';
import { Nesting } from './nesting.ts';

interface OpenRequest {
  readonly group: ReservedGroup;
  readonly begin: number;
  readonly calls: Nesting;
}

/** Requests without an end, and the calls that lie in them. */
export class Requests {
  readonly #open = new Map<string, OpenRequest>();

  begin(request: string, group: ReservedGroup, begin: number): void {
    this.#open.set(request, { group, begin, calls: new Nesting() });
  }

  end(request: string): void {
    this.#open.delete(request);
  }

  /** @returns the group of the request, if the slice can be drawn inside of it */
  admit(request: string | undefined, begin: number, end: number): ReservedGroup | undefined {
    if (request === undefined) return undefined;
    const open = this.#open.get(request);
    return open !== undefined && begin >= open.begin && open.calls.add(begin, end) ? open.group : undefined;
  }
}
