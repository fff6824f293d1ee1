import type { ChannelDescription, DomainDescription } from '@ringtail/protocol';
import { type Channel, channelsIn, type UserPart } from './user-part.ts';

/** The part of a session that records programs in user space, as clients see it. */
export function describeUserPart(part: UserPart): DomainDescription {
  const { trackers, maps } = part;
  return {
    domain: 'user',
    channels: channelsIn(part, 'user').map(describeChannel),
    trackers: { vpid: trackers.vpid.describe(), vuid: trackers.vuid.describe(), vgid: trackers.vgid.describe() },
    maps: [...maps.values()].map(({ attributes }) => attributes),
  };
}

export function describeChannel({ attributes, enabled, contexts, rules }: Channel): ChannelDescription {
  return { ...attributes, enabled, contexts, rules: rules.describe() };
}
