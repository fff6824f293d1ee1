import { fstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '@ringtail/base';
import type { StreamStatistics } from '../../session/statistics.ts';
import { lstatIfThere } from './lstat-if-there.ts';

export type Written = Pick<StreamStatistics, 'packets' | 'bytes'> & { readonly events: number };

/** What was written to one trace file. */
interface WrittenFile {
  /** Undefined of a file that was absent when a consumer took over. */
  readonly identity: Identity | undefined;
  events: number;
  packets: number;
  bytes: number;
}

type Identity = Pick<Stats, 'dev' | 'ino'>;

/** What has become of files since the last settlement. */
export interface FileChanges {
  /** Whether files were removed, cut short or replaced. */
  readonly removed: boolean;
  /** Directory that files were moved to, with all that is in them. */
  readonly movedTo: string | undefined;
}

/**
 * The files of a data stream in the current trace chunk, and what was written to each, so that a file which somebody else
 * removes, cuts short or replaces meanwhile does not count as written.
 */
export class WrittenFiles {
  readonly #files = new Map<string, WrittenFile>();
  #open: { readonly path: string; readonly descriptor: number } | undefined;
  /** Of files that were found to be gone since the last settlement. */
  #removed: Written | undefined;
  #movedTo: string | undefined;

  /** A file has been opened. */
  opened(path: string, descriptor: number): void {
    this.#open = { path, descriptor };
    const identity = fstatSync(descriptor);
    if (isSame(this.#files.get(path)?.identity, identity)) return;
    this.#look(path);
    this.#files.set(path, { identity, events: 0, packets: 0, bytes: 0 });
  }

  /** Something has been written to the file that is open. */
  wrote(written: Written): void {
    if (this.#open !== undefined) this.#add(this.#open.path, written);
  }

  /** A former consumer wrote to a file that is not there any more. */
  missed(path: string, written: Written): void {
    this.#files.set(path, { identity: undefined, events: 0, packets: 0, bytes: 0 });
    this.#add(path, written);
  }

  /** Whether what is written to the open file stays: it has not been removed, cut short or found to be out of reach. */
  isOpenFileKept(): boolean {
    const file = this.#open && this.#files.get(this.#open.path);
    if (this.#open === undefined || file === undefined) return false;
    const { nlink, size } = fstatSync(this.#open.descriptor);
    return nlink > 0 && size >= file.bytes;
  }

  /** The file that is open is about to be closed: from then on only its path tells of it. */
  closing(): void {
    if (this.#open === undefined) return;
    const { path } = this.#open;
    if (this.#look(path) === 'moved') this.#files.delete(path);
    this.#open = undefined;
  }

  /** A file is removed on purpose; what was in it counts as written. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /**
   * All files but the open one have been archived, by a former consumer perhaps: what was in them was written. The open file
   * is of the new trace chunk then.
   */
  forgetClosed(): void {
    for (const path of [...this.#files.keys()]) if (path !== this.#open?.path) this.#files.delete(path);
    this.#removed = undefined;
  }

  /** All files have been archived, or removed on purpose. */
  forgetAll(): void {
    this.#files.clear();
    this.#open = undefined;
    this.#removed = undefined;
  }

  /** Counts as lost what was in files that are gone, and says what has become of files since the last call. */
  settle(statistics: StreamStatistics): FileChanges {
    for (const path of [...this.#files.keys()]) this.#look(path);
    const [removed, movedTo] = [this.#removed, this.#movedTo];
    this.#removed = this.#movedTo = undefined;
    if (removed === undefined) return { removed: false, movedTo };
    // Where a former consumer has counted less than it wrote, nothing counts twice.
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

  #look(path: string): 'there' | 'moved' | 'removed' {
    const file = this.#files.get(path);
    if (file === undefined) return 'there';
    const place = this.#placeOf(path, file);
    if (place === path) return 'there';
    if (place !== undefined) {
      this.#movedTo = dirname(place);
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

  /** Where a file is with all that was written to it; undefined if nowhere. */
  #placeOf(path: string, { identity, bytes }: WrittenFile): string | undefined {
    const isItAt = (place: string): boolean => {
      try {
        const found = lstatIfThere(place);
        return found !== undefined && isSame(identity, found) && found.size >= bytes;
      } catch (error) {
        // A directory that may not be read, or a file system that does not answer: nothing says that the file is gone.
        if (errnoOf(error) === undefined) throw error;
        return true;
      }
    };
    if (isItAt(path)) return path;
    if (this.#open?.path !== path) return undefined;
    // Of a file that is open the kernel knows the new name. There is none in a file system that has been unmounted.
    const named = readlinkSync(`/proc/self/fd/${this.#open.descriptor}`);
    return isItAt(named) ? named : undefined;
  }
}

function isSame(one: Identity | undefined, other: Identity): boolean {
  return one !== undefined && one.dev === other.dev && one.ino === other.ino;
}
