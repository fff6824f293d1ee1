import type { ChannelAttributes } from '@ringtail/protocol';
import type { XmlChildren } from '../xml/xml-element.ts';
import type { XmlNode } from '../xml/xml-node.ts';

type ChannelMemory = Pick<ChannelAttributes, 'preallocation' | 'reclaimAfterUs'>;

/**
 * Allocation and reclaiming of a channel's memory, in LTTng's elements since 2.15.
 *
 * @see session.xsd of lttng-tools 2.16, `channel_type`
 */
export function memoryElements({ preallocation, reclaimAfterUs }: ChannelMemory): XmlChildren {
  return {
    preallocation_policy: preallocation === 'preallocate' ? 'PREALLOCATE' : 'ON_DEMAND',
    ...(reclaimAfterUs !== null && {
      reclaim_policy: reclaimAfterUs === 0 ? { consumed: '' } : { periodic: { age_threshold: reclaimAfterUs } },
    }),
  };
}

/** The values of these elements; absent where the channel lacks them. @throws {SessionFileError} */
export function memoryOf(channel: XmlNode): Partial<ChannelMemory> {
  const policy = channel.oneOf('preallocation_policy', ['PREALLOCATE', 'ON_DEMAND', ''], '');
  const reclaim = channel.child('reclaim_policy');
  return {
    ...(policy !== '' && { preallocation: policy === 'PREALLOCATE' ? 'preallocate' : 'on-demand' }),
    ...(reclaim !== undefined && { reclaimAfterUs: ageOf(reclaim) }),
  };
}

function ageOf(reclaim: XmlNode): number {
  const [kind, policy] = reclaim.variant();
  if (kind === 'consumed') return 0;
  if (kind === 'periodic') return policy.requiredInteger('age_threshold');
  return reclaim.refuse(`there is no reclaim policy ${kind}`);
}
