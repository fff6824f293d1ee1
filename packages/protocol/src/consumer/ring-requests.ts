/** Requests about rings. */
import { channelKey } from '../model/channel.ts';
import { absolutePath } from '../model/names.ts';
import { clampedCount, sessionStatistics } from '../model/statistics.ts';
import { count, integer, list, nothing, object, type Shaped } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';
import { request, session } from './request.ts';

/** Bound of process numbers and of the size of a ring: 32 bits with a sign. */
const ID_MAX = 2 ** 31 - 1;
/** Channels of one request. It bounds the work of the check, before the consumer looks them up. */
const CHANNELS_MAX = 65_536;
/** Names of registered threads have the same bound. */
const PROCNAME_LENGTH_MAX = 255;

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
  /** Opens a ring to drain. `path` is `/proc/<session daemon>/fd/<n>`. */
  'open-ring': request(
    {
      channel: channelKey,
      ring: count,
      path: absolutePath,
      bytes: integer(1, ID_MAX),
      streamInstanceId: count,
      pid: integer(0, ID_MAX),
      tid: integer(0, ID_MAX),
      procname: foreignText(PROCNAME_LENGTH_MAX),
    },
    nothing,
  ),
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
