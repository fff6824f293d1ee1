import { type ChannelAttributes, defaultKernelChannel } from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import type { Session } from '../../../model/session.ts';
import { checkFilesAndTimers } from '../../channel-checks.ts';

/** Sizes of a sub-buffer that every kernel with the setting takes. */
const SUB_BUF_BYTES_MIN = 4096;
const SUB_BUF_BYTES_MAX = 512 * 1024;
const SUB_BUF_COUNT_MIN = 2;

/**
 * The actual attributes of a new kernel channel. Sizes are rounded up to powers of two, as in LTTng. Sub-buffers that
 * are too large for the kernel become several smaller ones: a buffer keeps its size. A flight recorder overwrites.
 *
 * @throws {DaemonError} `UNSUPPORTED` for attributes of user space, `BAD_PARAMETER`
 */
export function kernelAttributes({ snapshot, clock }: Session, wanted: ChannelAttributes): ChannelAttributes {
  const { ownership, blockingTimeoutUs, reclaimAfterUs, readTimerUs } = wanted;
  if (clock === 'tsc') {
    const hint = 'create the session without --clock=tsc';
    throw new DaemonError('UNSUPPORTED', 'not supported yet: the kernel with the clock tsc', { hint });
  }
  if (ownership === 'process') {
    const hint = 'leave --buffer-ownership out';
    throw new DaemonError('UNSUPPORTED', 'kernel buffers belong to the whole system, not to a process', { hint });
  }
  if (blockingTimeoutUs !== 0) {
    throw new DaemonError('BAD_PARAMETER', 'the kernel does not wait for a sub-buffer: the blocking timeout must be 0');
  }
  if (reclaimAfterUs !== null) {
    const hint = 'leave --auto-reclaim-memory out';
    throw new DaemonError('UNSUPPORTED', 'the kernel keeps the memory of its buffers while it records', { hint });
  }
  const bytes = powerOfTwoFrom(wanted.subBufBytes, SUB_BUF_BYTES_MIN);
  const count = powerOfTwoFrom(wanted.subBufCount, SUB_BUF_COUNT_MIN);
  const subBufBytes = Math.min(bytes, SUB_BUF_BYTES_MAX);
  const attributes: ChannelAttributes = {
    ...wanted,
    subBufBytes,
    subBufCount: count * (bytes / subBufBytes),
    mode: snapshot ? 'overwrite' : wanted.mode,
    readTimerUs: readTimerUs === 0 ? defaultKernelChannel(1).readTimerUs : readTimerUs,
    ownership: 'system',
    preallocation: 'preallocate',
  };
  checkFilesAndTimers(attributes);
  return attributes;
}

function powerOfTwoFrom(value: number, min: number): number {
  return Math.max(min, 2 ** Math.ceil(Math.log2(value)));
}
