import type { Instant, TraceIdentity } from '@ringtail/ctf';
import type { PrettyOptions } from '../../print/pretty/pretty-printer.ts';
import type { Slice } from './slices.ts';

/** How slices are printed. */
export interface PrintSetup {
  readonly options: Omit<PrettyOptions, 'warnings'>;
  /** Size of what a slice is made of, mostly. */
  readonly sliceBytes: number;
}

/** What a job has to know from the beginning: the traces as they were opened, since to open them again takes a while. */
export interface JobSetup extends PrintSetup {
  readonly traces: readonly {
    readonly identity: TraceIdentity;
    readonly streams: readonly {
      /** Absolute. */
      readonly files: readonly string[];
      readonly id: bigint;
      readonly classId: bigint;
    }[];
  }[];
}

/** What a job is told: to print a slice, and to write the one that it printed the longest time ago. */
export type JobOrder =
  | { readonly kind: 'setup'; readonly setup: JobSetup }
  | { readonly kind: 'print'; readonly slice: Slice }
  /** `previous` is the time of the event before the slice. */
  | { readonly kind: 'write'; readonly previous: Instant | undefined };

/** What a slice was, once its text is written. */
export interface WrittenSlice {
  readonly textBytes: number;
  readonly eventCount: number;
  /** Time of its last event. */
  readonly last: Instant | undefined;
  /** A line each. */
  readonly warnings: readonly string[];
  /** False if nobody reads any more. */
  readonly isWanted: boolean;
}

/** What a job answers. */
export type JobAnswer =
  | { readonly kind: 'ready' }
  /** Whether there is room for another slice is told with all that changes it. */
  | { readonly kind: 'printed'; readonly hasRoom: boolean }
  | { readonly kind: 'written'; readonly written: WrittenSlice; readonly hasRoom: boolean }
  /** Nothing was written, since there is something wrong with the slice. */
  | { readonly kind: 'damaged' }
  /** The text could not be written. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
