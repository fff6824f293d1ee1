import { readdirSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import type { ChannelAttributes } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';

/** Limits for the files of a data stream. */
export interface TraceFileLimits {
  /** Size that no file exceeds; 0: one file without a limit. */
  readonly bytesMax: number;
  /** Number of newest files that are kept; 0: all. */
  readonly count: number;
}

export const ONE_TRACE_FILE: TraceFileLimits = { bytesMax: 0, count: 0 };

/** Limits of the data streams of a channel. A trace file takes a packet at least: as much as a sub-buffer. */
export function traceFileLimitsOf({ traceFileBytes, traceFileCount, subBufBytes }: ChannelAttributes): TraceFileLimits {
  if (traceFileBytes === 0) return ONE_TRACE_FILE;
  return { bytesMax: Math.max(traceFileBytes, subBufBytes), count: traceFileCount };
}

/**
 * Refuses two channels of a trace whose files could have the same names: data stream 1 of channel `a` has a file
 * `a_1_0`, and data stream 0 of channel `a_1` has a file of that name.
 *
 * @throws {ConsumerError} `BAD_REQUEST`
 */
export function checkTraceFileNames(one: ChannelAttributes, other: ChannelAttributes): void {
  for (const [a, b] of [[one, other] as const, [other, one] as const]) {
    const isNumbered = b.name.startsWith(`${a.name}_`) && /^[0-9]+$/.test(b.name.slice(a.name.length + 1));
    if (!isNumbered || a.traceFileBytes === 0 || b.traceFileBytes > 0) continue;
    throw new ConsumerError('BAD_REQUEST', `files of the channels ${a.name} and ${b.name} would have the same names`);
  }
}

/** Name of a trace file. As in LTTng, it has a number if the size of files is limited. */
export function traceFileName(stream: string, number: number, { bytesMax }: TraceFileLimits): string {
  return bytesMax === 0 ? stream : `${stream}_${number}`;
}

/** Number of the next file. As in LTTng, numbers begin anew once the limit of kept files is reached. */
export function nextTraceFile(number: number, { count }: TraceFileLimits): number {
  return count === 0 ? number + 1 : (number + 1) % count;
}

/** Numbers of the files of a data stream in its directory, where their size is limited. */
export function traceFileNumbers(directory: string, stream: string): number[] {
  return namesIn(directory).flatMap((name) => {
    const digits = name.startsWith(`${stream}_`) ? /^[0-9]{1,15}$/.exec(name.slice(stream.length + 1)) : null;
    return digits === null ? [] : [Number(digits[0])];
  });
}

/** Names in a directory; empty if the directory is absent. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
