import { count, integer, nullable, object, oneOf, optional, type Shaped, size } from '../wire/shape.ts';
import { channelName } from './names.ts';

const eventHeaderKind = oneOf(['compact', 'large']);
export type EventHeaderKind = Shaped<typeof eventHeaderKind>;

/** Attributes of a channel. They stay the same for the channel's life. */
export const channelAttributes = object({
  name: channelName,
  mode: oneOf(['discard', 'overwrite']),
  subBufBytes: size,
  subBufCount: size,
  header: eventHeaderKind,
  /**
   * How long a program waits for a free sub-buffer before it discards an event, in microseconds; null: for ever. Only
   * programs that were started with `RINGTAIL_ALLOW_BLOCKING` wait.
   */
  blockingTimeoutUs: nullable(count),
  /** How often the consumer takes the committed part of open sub-buffers, in microseconds; 0: once a second. */
  switchTimerUs: count,
  /** How often the consumer polls for closed sub-buffers, in microseconds; 0: producers wake it. */
  readTimerUs: count,
  /** How often the session daemon samples the use of the channel's rings, in microseconds; 0: never. */
  monitorTimerUs: count,
  /** The consumer closes a trace file before it exceeds this size; 0: one file without a limit. */
  traceFileBytes: count,
  /** How many trace files of a data stream are kept, the newest; 0: all. */
  traceFileCount: count,
  /**
   * Which trace the channel belongs to: one for all applications of a user, one for each process, or one for the whole
   * system, which only the kernel has.
   */
  ownership: oneOf(['user', 'process', 'system']),
  /** How the consumer takes sub-buffers from the kernel; absent: it maps their memory. */
  output: optional(oneOf(['splice'])),
  /** Whether a ring takes all its memory when it is made, or page by page as it is written. */
  preallocation: oneOf(['preallocate', 'on-demand']),
  /** Memory of consumed sub-buffers is given back at this age, in microseconds; 0: at once; null: never. */
  reclaimAfterUs: nullable(count),
});
export type ChannelAttributes = Shaped<typeof channelAttributes>;

/** Period in which open sub-buffers of a channel without a switch timer (0) are drained. */
export const UNSET_SWITCH_TIMER_US = 1_000_000;

/**
 * The channel that `enable-event` creates if it names none.
 *
 * A ring holds a tenth of a second of the fastest single thread (5 million events a second of 27 bytes), since a
 * consumer may have to wait that long for a processor or a disk. Only the written part of a ring takes memory.
 */
export const DEFAULT_CHANNEL: ChannelAttributes = {
  name: 'channel0',
  mode: 'discard',
  subBufBytes: 4 * 1024 * 1024,
  subBufCount: 4,
  header: 'large',
  blockingTimeoutUs: 0,
  switchTimerUs: 0,
  readTimerUs: 0,
  monitorTimerUs: 1_000_000,
  traceFileBytes: 0,
  traceFileCount: 0,
  ownership: 'user',
  preallocation: 'on-demand',
  reclaimAfterUs: null,
};

const KERNEL_SUB_BUF_BYTES = 64 * 1024;
/** 8 MiB, which hold the events of 10 ms at the kernel's fastest, several times over. */
const KERNEL_SUB_BUFS_MAX = 128;
const KERNEL_SUB_BUFS_MIN = 16;
/** All buffers of a channel of default size together, down to the smallest buffer for each CPU. */
const KERNEL_CHANNEL_BYTES = 256 * 1024 * 1024;

/**
 * The channel that `enable-event -k` creates if it names none. Each CPU has a buffer of 8 MiB; on a machine of more
 * than 32 CPUs, a smaller one.
 */
export function defaultKernelChannel(cpus: number): ChannelAttributes {
  let subBufCount = KERNEL_SUB_BUFS_MAX;
  const isTooLarge = () => subBufCount * KERNEL_SUB_BUF_BYTES * cpus > KERNEL_CHANNEL_BYTES;
  while (subBufCount > KERNEL_SUB_BUFS_MIN && isTooLarge()) subBufCount /= 2;
  return {
    ...DEFAULT_CHANNEL,
    subBufBytes: KERNEL_SUB_BUF_BYTES,
    subBufCount,
    readTimerUs: 10_000,
    ownership: 'system',
    preallocation: 'preallocate',
  };
}

/** A key that the session daemon gives: unique among all channels of all sessions that it ever had. */
export const channelKey = count;

export const streamClassId = integer(0, 2 ** 32 - 1);
