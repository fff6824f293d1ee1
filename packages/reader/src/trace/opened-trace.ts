import type { TraceIdentity } from '@ringtail/ctf';
import type { TraceStream } from './trace-stream.ts';

/** A trace whose data streams can be read. */
export interface OpenedTrace extends TraceIdentity {
  /** Where the trace lies, for error messages. */
  readonly place: string;
  /** Sorted by class and identifier. */
  readonly streams: readonly TraceStream[];
}
