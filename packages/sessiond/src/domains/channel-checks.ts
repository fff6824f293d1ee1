import type { ChannelAttributes } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';

/** As in LTTng; more than an hour. */
const TIMER_US_MAX = 2 ** 32 - 1;

/** Checks attributes that channels of all domains have. @throws {DaemonError} `BAD_PARAMETER` */
export function checkFilesAndTimers(attributes: ChannelAttributes): void {
  const { traceFileBytes, traceFileCount, subBufBytes } = attributes;
  if (traceFileBytes > 0 && traceFileBytes < subBufBytes) {
    refuse(`a trace file of ${traceFileBytes} bytes is smaller than a sub-buffer of ${subBufBytes} bytes`);
  }
  if (traceFileCount > 0 && traceFileBytes === 0) {
    refuse('a number of trace files without a size of one says nothing');
  }
  for (const timer of ['switchTimerUs', 'readTimerUs', 'monitorTimerUs'] as const) {
    if (attributes[timer] > TIMER_US_MAX) refuse(`a timer runs at least every ${TIMER_US_MAX} microseconds`);
  }
}

function refuse(message: string): never {
  throw new DaemonError('BAD_PARAMETER', message);
}
