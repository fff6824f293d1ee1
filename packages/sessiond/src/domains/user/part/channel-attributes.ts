import type { ChannelAttributes } from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import { checkFilesAndTimers } from '../../channel-checks.ts';
import { roundedToRing } from './channel-sizes.ts';
import type { UserPart } from './user-part.ts';

/**
 * The actual attributes of a new channel: sizes of rings are rounded up, and a flight recorder overwrites, since its
 * rings are not drained.
 *
 * @throws {DaemonError} `UNSUPPORTED` for attributes of kernel channels, `BAD_PARAMETER`, `OWNERSHIP_MISMATCH`
 */
export function attributesIn({ session, channels }: UserPart, wanted: ChannelAttributes): ChannelAttributes {
  refuseKernelAttributes(wanted);
  const attributes = roundedToRing(session.snapshot ? { ...wanted, mode: 'overwrite' } : wanted);
  const { blockingTimeoutUs, ownership } = attributes;
  // If overwriting is only implied, the timeout has no effect, as in LTTng.
  if (wanted.mode === 'overwrite' && !session.snapshot && blockingTimeoutUs !== 0) {
    refuse('a program does not wait for a sub-buffer in a channel that overwrites: the blocking timeout must be 0');
  }
  checkFilesAndTimers(attributes);
  for (const other of channels.values()) {
    if (other.attributes.ownership === ownership) continue;
    throw new DaemonError(
      'OWNERSHIP_MISMATCH',
      `the channels of session ${session.name} have buffers per ${other.attributes.ownership}: use the same ownership`,
    );
  }
  return attributes;
}

function refuseKernelAttributes({ output, ownership }: ChannelAttributes): void {
  const kernelOnly = (what: string, hint: string): never => {
    throw new DaemonError('UNSUPPORTED', `${what} only for the kernel, not for programs in user space`, { hint });
  };
  if (output !== undefined) kernelOnly(`--output=${output} is`, 'leave it out');
  if (ownership === 'system') kernelOnly('buffers of the whole system are', 'write --buffer-ownership=user');
}

function refuse(message: string): never {
  throw new DaemonError('BAD_PARAMETER', message);
}
