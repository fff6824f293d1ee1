import { fstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '@ringtail/base';
import type { StreamStatistics } from '../stream-statistics.ts';
import { lstatIfThere } from './lstat-if-there.ts';

export type Written = Pick<StreamStatistics, 'packets' | 'bytes'> & { readonly events: number };

/** Content that was written to one trace file. */
interface WrittenFile {
  /** Undefined of a file that was absent when a consumer took over. */
  readonly identity: Identity | undefined;
  events: number;
  packets: number;
  bytes: number;
}

type Identity = Pick<Stats, 'dev' | 'ino'>;

/** Changes of files since the last call of `settle`. */
export interface FileChanges {
  /** Whether files were removed, cut short or replaced. */
  readonly removed: boolean;
  /** Directory that files were moved to with their whole content. */
  readonly movedTo: string | undefined;
}

/**
 * Content that was written to each file of a data stream in the current trace chunk. A file that is removed, cut short
 * or replaced from outside no longer counts as written.
 */
export class WrittenFiles {
  readonly #files = new Map<string, WrittenFile>();
  #open: { readonly path: string; readonly descriptor: number } | undefined;
  /** Content of files that were found to be gone since the last call of `settle`. */
  #removed: Written | undefined;
  #movedTo: string | undefined;

  /** Called when a file has been opened. */
  opened(path: string, descriptor: number): void {
    this.#open = { path, descriptor };
    const identity = fstatSync(descriptor);
    if (isSame(this.#files.get(path)?.identity, identity)) return;
    this.#check(path);
    this.#files.set(path, { identity, events: 0, packets: 0, bytes: 0 });
  }

  /** Counts content that was written to the open file. */
  wrote(written: Written): void {
    if (this.#open !== undefined) this.#add(this.#open.path, written);
  }

  /** Counts content of a former consumer in a file that is gone. */
  missed(path: string, written: Written): void {
    this.#files.set(path, { identity: undefined, events: 0, packets: 0, bytes: 0 });
    this.#add(path, written);
  }

  /** Whether the open file keeps its content: it was not removed, cut short or found to be out of reach. */
  isOpenFileKept(): boolean {
    const file = this.#open && this.#files.get(this.#open.path);
    if (this.#open === undefined || file === undefined) return false;
    const { nlink, size } = fstatSync(this.#open.descriptor);
    return nlink > 0 && size >= file.bytes;
  }

  /** Called before the open file is closed. From then on it is known by its path only. */
  closing(): void {
    if (this.#open === undefined) return;
    const { path } = this.#open;
    if (this.#check(path) === 'moved') this.#files.delete(path);
    this.#open = undefined;
  }

  /** Keeps the content of a file that is removed on purpose counted as written. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /**
   * Keeps the content of all files except the open one counted as written: they were archived, perhaps by a former
   * consumer. The open file then belongs to the new trace chunk.
   */
  forgetClosed(): void {
    for (const path of [...this.#files.keys()]) if (path !== this.#open?.path) this.#files.delete(path);
    this.#removed = undefined;
  }

  /** Keeps the content of all files counted as written: they were archived, or removed on purpose. */
  forgetAll(): void {
    this.#files.clear();
    this.#open = undefined;
    this.#removed = undefined;
  }

  /** Counts the events of files that are gone as lost. Returns the changes of files since the last call. */
  settle(statistics: StreamStatistics): FileChanges {
    for (const path of [...this.#files.keys()]) this.#check(path);
    const [removed, movedTo] = [this.#removed, this.#movedTo];
    this.#removed = this.#movedTo = undefined;
    if (removed === undefined) return { removed: false, movedTo };
    // A former consumer may have counted fewer events than it wrote: no event is subtracted twice.
    const events = Math.min(removed.events, statistics.eventsRecorded);
    statistics.eventsRecorded -= events;
    statistics.eventsLost += events;
    statistics.packets = Math.max(0, statistics.packets - removed.packets);
    statistics.bytes = Math.max(0, statistics.bytes - removed.bytes);
    return { removed: true, movedTo };
  }

  #add(path: string, { events, packets, bytes }: Written): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    file.events += events;
    file.packets += packets;
    file.bytes += bytes;
  }

  #check(path: string): 'there' | 'moved' | 'removed' {
    const file = this.#files.get(path);
    if (file === undefined) return 'there';
    const found = this.#currentPathOf(path, file);
    if (found === path) return 'there';
    if (found !== undefined) {
      this.#movedTo = dirname(found);
      return 'moved';
    }
    this.#files.delete(path);
    const { events, packets, bytes } = this.#removed ?? { events: 0, packets: 0, bytes: 0 };
    this.#removed = {
      events: events + file.events,
      packets: packets + file.packets,
      bytes: bytes + file.bytes,
    };
    return 'removed';
  }

  /** Path of a file that has its whole content; undefined if there is none. */
  #currentPathOf(path: string, { identity, bytes }: WrittenFile): string | undefined {
    const isAt = (at: string): boolean => {
      try {
        const found = lstatIfThere(at);
        return found !== undefined && isSame(identity, found) && found.size >= bytes;
      } catch (error) {
        // The directory may not be read, or the file system does not answer: the file may still exist.
        if (errnoOf(error) === undefined) throw error;
        return true;
      }
    };
    if (isAt(path)) return path;
    if (this.#open?.path !== path) return undefined;
    // The kernel knows the new name of an open file. A file in an unmounted file system has none.
    const named = readlinkSync(`/proc/self/fd/${this.#open.descriptor}`);
    return isAt(named) ? named : undefined;
  }
}

function isSame(one: Identity | undefined, other: Identity): boolean {
  return one !== undefined && one.dev === other.dev && one.ino === other.ino;
}
