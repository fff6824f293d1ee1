import type { Instant } from '@ringtail/ctf';
import type { ClockCorrection } from '../clock-correction.ts';
import type { PrettyOptions } from '../print-pretty.ts';
import type { Slice } from './slices.ts';

/** What a job has to know from the beginning. */
export interface JobSetup {
  /** Of the directories of the trace. */
  readonly paths: readonly string[];
  /** What the trace is called. */
  readonly name: string;
  readonly clocks: ClockCorrection | undefined;
  readonly options: Omit<PrettyOptions, 'warnings'>;
}

export interface JobRequest {
  readonly number: number;
  readonly slice: Slice;
  /** Where the text goes, as far as it fits. It is handed over, and comes back with the result. */
  readonly memory: ArrayBuffer;
}

/** An error as it passes between threads. */
export interface JobError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  /** Bits from the start of the packet, where it is about bytes of one. */
  readonly at: number | undefined;
}

export interface JobResult {
  readonly number: number;
  /** That of the request. */
  readonly memory: ArrayBuffer;
  /** How much of the text lies in it. */
  readonly textBytes: number;
  /** The text that did not fit. */
  readonly overflow: readonly Uint8Array<ArrayBuffer>[];
  readonly eventCount: number;
  readonly first: Instant | undefined;
  readonly last: Instant | undefined;
  /** A line each. */
  readonly warnings: readonly string[];
  readonly error: JobError | undefined;
}
