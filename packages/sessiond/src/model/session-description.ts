import type { ChannelDescription, SessionDescription } from '@ringtail/protocol';
import type { Channel, Session } from './session.ts';

/** A session as clients see it. */
export function describeSession(session: Session): SessionDescription {
  const { trackers } = session;
  return {
    name: session.name,
    uid: session.owner.uid,
    output: session.output,
    shmPath: session.shmPath,
    clock: session.clock,
    snapshot: session.snapshot,
    format: session.format,
    createdAt: session.createdAt.toISOString(),
    active: session.active,
    channels: [...session.channels.values()].map(describeChannel),
    trackers: { vpid: trackers.vpid.describe(), vuid: trackers.vuid.describe(), vgid: trackers.vgid.describe() },
    maps: [...session.maps.values()].map(({ attributes }) => attributes),
    ...session.archive.describe(),
  };
}

function describeChannel({ attributes, enabled, contexts, rules }: Channel): ChannelDescription {
  return { ...attributes, enabled, contexts, rules: rules.describe() };
}
