import type { ChannelAttributes } from '@ringtail/protocol';
import {
  RING_BYTES_MAX,
  ringBytesFor,
  SUB_BUF_BYTES_MAX,
  SUB_BUF_BYTES_MIN,
  SUB_BUF_COUNT_MAX,
  SUB_BUF_COUNT_MIN,
} from '@ringtail/ringbuf';
import { DaemonError } from '../../../model/daemon-error.ts';

/**
 * Rounds sub-buffer size and count up to powers of two, as LTTng does.
 *
 * @throws {DaemonError} `BAD_PARAMETER` if a ring would be too large
 */
export function roundedToRing(attributes: ChannelAttributes): ChannelAttributes {
  const subBufBytes = powerOfTwoFrom(attributes.subBufBytes, SUB_BUF_BYTES_MIN);
  const subBufCount = powerOfTwoFrom(attributes.subBufCount, SUB_BUF_COUNT_MIN);
  if (subBufBytes > SUB_BUF_BYTES_MAX) refuse(`a sub-buffer has at most ${SUB_BUF_BYTES_MAX} bytes`);
  if (subBufCount > SUB_BUF_COUNT_MAX) refuse(`a ring has at most ${SUB_BUF_COUNT_MAX} sub-buffers`);
  if (ringBytesFor(subBufBytes, subBufCount) > RING_BYTES_MAX) {
    refuse(`${subBufCount} sub-buffers of ${subBufBytes} bytes exceed the ${RING_BYTES_MAX} bytes of a ring`);
  }
  return { ...attributes, subBufBytes, subBufCount };
}

function powerOfTwoFrom(value: number, min: number): number {
  return Math.max(min, 2 ** Math.ceil(Math.log2(value)));
}

function refuse(message: string): never {
  throw new DaemonError('BAD_PARAMETER', message);
}
