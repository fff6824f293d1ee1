import type { Lane, LaneGroup, TimelineThread } from './timeline-records.ts';

interface UsedLane extends Lane {
  /** End of its last slice. */
  end: number;
}

/** A group whose lane no other group uses until the release. */
export interface ReservedGroup extends LaneGroup {
  readonly lane: UsedLane;
}

/** Gives groups of slices a lane: as few lanes as groups that are there at one time. */
export class Lanes {
  /** Lanes that no group uses, by thread and name, sorted by their end. */
  readonly #free = new Map<TimelineThread, Map<string, UsedLane[]>>();
  #groupCount = 0;

  /** @param begin of the group: its lane has no later slices */
  reserve(thread: TimelineThread, name: string, begin: number): ReservedGroup {
    const free = this.#freeOf(thread, name);
    const at = free.findLastIndex(({ end }) => end <= begin);
    const [lane] = at === -1 ? [{ thread, name, end: begin }] : free.splice(at, 1);
    return { lane: lane!, id: ++this.#groupCount };
  }

  release({ lane }: ReservedGroup, end: number): void {
    const free = this.#freeOf(lane.thread, lane.name);
    lane.end = end;
    free.splice(free.findLastIndex((other) => other.end <= end) + 1, 0, lane);
  }

  #freeOf(thread: TimelineThread, name: string): UsedLane[] {
    let byName = this.#free.get(thread);
    if (byName === undefined) {
      byName = new Map();
      this.#free.set(thread, byName);
    }
    let free = byName.get(name);
    if (free === undefined) {
      free = [];
      byName.set(name, free);
    }
    return free;
  }
}
