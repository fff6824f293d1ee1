import type { Instant } from '@ringtail/base';
import type { TraceIdentity } from '@ringtail/ctf';
import type { PrettyOptions } from '../../print/pretty/pretty-printer.ts';
import type { ReportedLoss } from '../../print/text-sink.ts';
import type { Slice } from './slices.ts';

/** How slices are printed. */
export interface PrintSetup {
  readonly options: Omit<PrettyOptions, 'warnings'>;
  /** Bytes of packets in a slice, mostly. */
  readonly sliceBytes: number;
}

/** The traces as they were opened, for a job: to open them again takes a while. */
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

/** An order to a job: to print a slice, or to write the slice that waits for the longest time. */
export type JobOrder =
  | { readonly kind: 'setup'; readonly setup: JobSetup }
  | { readonly kind: 'print'; readonly slice: Slice }
  /** `previous` is the time of the event before the slice. */
  | { readonly kind: 'write'; readonly previous: Instant | undefined };

/** The arguments of `WarningSink.write`. */
export type PrintedWarning = readonly [line: string, loss?: ReportedLoss | undefined];

/** The properties of a slice whose text is written. */
export interface WrittenSlice {
  readonly textBytes: number;
  readonly eventCount: number;
  /** Time of its last event. */
  readonly last: Instant | undefined;
  readonly warnings: readonly PrintedWarning[];
  /** False if the output has no reader any more. */
  readonly isWanted: boolean;
}

/** An answer of a job. */
export type JobAnswer =
  | { readonly kind: 'ready' }
  /** Each answer that changes it says whether there is room for another slice. */
  | { readonly kind: 'printed'; readonly hasRoom: boolean }
  | { readonly kind: 'written'; readonly written: WrittenSlice; readonly hasRoom: boolean }
  /** Nothing was written, since there is something wrong with the slice. */
  | { readonly kind: 'damaged' }
  /** The text could not be written. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
