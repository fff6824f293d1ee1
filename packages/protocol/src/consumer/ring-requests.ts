/** Requests about rings. */
import { channelKey } from '../model/channel.ts';
import { clampedCount, sessionStatistics } from '../model/statistics.ts';
import { count, list, nothing, object, type Shaped } from '../wire/shape.ts';
import { request, session } from './request.ts';
import { source } from './source.ts';

/** Channels of one request. It bounds the work of the check, before the consumer looks them up. */
const CHANNELS_MAX = 65_536;

const channels = list(channelKey, CHANNELS_MAX, 'channel');

const channelUse = object({
  channel: channelKey,
  /** Bytes in the fullest ring: now, the peak since the last request, and the capacity. */
  usedBytes: clampedCount,
  highestBytes: clampedCount,
  ringBytes: clampedCount,
});
export type ChannelUse = Shaped<typeof channelUse>;

export const ringRequests = {
  /** Opens a ring: to drain it, or to copy it for the snapshots of a flight recorder. */
  'open-ring': request({ channel: channelKey, ring: count, streamInstanceId: count, source }, nothing),
  /** Takes the committed part of a ring whose producer has ended, then closes it. */
  'close-ring': request({ ring: count }, sessionStatistics),
  /**
   * Gives back memory of closed sub-buffers whose newest event's clock value ≤ `until`. Answers `bytes` in the
   * statistics.
   */
  reclaim: request({ session, channels, until: count }, sessionStatistics),
  /** Answers the use of each channel that the consumer knows and samples. */
  'channel-use': request({ channels }, list(channelUse, CHANNELS_MAX, 'the use of a channel')),
};
