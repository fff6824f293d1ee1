import { fstatSync, lstatSync } from 'node:fs';
import type { StreamStatistics } from './statistics.ts';

/** What was written to one trace file. */
interface WrittenFile {
  readonly inode: number;
  events: number;
  packets: number;
  bytes: number;
}

export type Written = Pick<WrittenFile, 'events' | 'packets' | 'bytes'>;

/**
 * The files of a data stream in the current trace chunk, and what was written to each, so that a file which somebody else
 * removes meanwhile does not count as written.
 */
export class WrittenFiles {
  readonly #files = new Map<string, WrittenFile>();
  #open: { readonly path: string; readonly descriptor: number } | undefined;
  /** What was in files that have been found to be removed since the last settlement. */
  #removed: Written | undefined;

  /** A file has been opened. */
  opened(path: string, descriptor: number): void {
    this.#open = { path, descriptor };
    const inode = fstatSync(descriptor).ino;
    if (this.#files.get(path)?.inode === inode) return;
    this.#look(path);
    this.#files.set(path, { inode, events: 0, packets: 0, bytes: 0 });
  }

  /** Something has been written to the file that is open. */
  wrote({ events, packets, bytes }: Written): void {
    const file = this.#open && this.#files.get(this.#open.path);
    if (file === undefined) return;
    file.events += events;
    file.packets += packets;
    file.bytes += bytes;
  }

  /** The file that is open is about to be closed: from then on only its path tells of it. */
  closing(): void {
    if (this.#open !== undefined) this.#look(this.#open.path);
    this.#open = undefined;
  }

  /** A file is removed on purpose; what was in it counts as written. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /** All files have been archived, or removed on purpose. */
  forgetAll(): void {
    this.#files.clear();
    this.#open = undefined;
    this.#removed = undefined;
  }

  /**
   * Counts as lost what was in files that are not there any more.
   *
   * @returns whether there are such files since the last call
   */
  settle(statistics: StreamStatistics): boolean {
    for (const path of [...this.#files.keys()]) this.#look(path);
    const removed = this.#removed;
    this.#removed = undefined;
    if (removed === undefined) return false;
    // Where a former consumer has counted less than it wrote, nothing counts twice.
    const events = Math.min(removed.events, statistics.eventsRecorded);
    statistics.eventsRecorded -= events;
    statistics.eventsLost += events;
    statistics.packets = Math.max(0, statistics.packets - removed.packets);
    statistics.bytes = Math.max(0, statistics.bytes - removed.bytes);
    return true;
  }

  /** A file that is open and has a name elsewhere has been moved, with everything in it. */
  #look(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined || lstatSync(path, { throwIfNoEntry: false })?.ino === file.inode) return;
    this.#files.delete(path);
    if (this.#open?.path === path && fstatSync(this.#open.descriptor).nlink > 0) return;
    const { events, packets, bytes } = this.#removed ?? { events: 0, packets: 0, bytes: 0 };
    this.#removed = {
      events: events + file.events,
      packets: packets + file.packets,
      bytes: bytes + file.bytes,
    };
  }
}
