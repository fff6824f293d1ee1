import type { ChannelDescription, DomainDescription } from '@ringtail/protocol';
import type { Channel, UserPart } from './user-part.ts';

/** The part of a session that records programs in user space, as clients see it. */
export function describeUserPart({ channels, trackers, maps }: UserPart): DomainDescription {
  return {
    domain: 'user',
    channels: [...channels.values()].map(describeChannel),
    trackers: { vpid: trackers.vpid.describe(), vuid: trackers.vuid.describe(), vgid: trackers.vgid.describe() },
    maps: [...maps.values()].map(({ attributes }) => attributes),
  };
}

function describeChannel({ attributes, enabled, contexts, rules }: Channel): ChannelDescription {
  return { ...attributes, enabled, contexts, rules: rules.describe() };
}
