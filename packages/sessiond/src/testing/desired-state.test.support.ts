import { channelsIn, type DesiredState, triggerChangesIn, triggerIn } from '@ringtail/protocol';

/** Desired state in the two texts of a slot of a control file. */
export function desiredStateIn(channels: string, triggers: string): DesiredState {
  const present = [...triggerChangesIn(triggers).values()].filter((json) => json !== undefined);
  return { channels: channelsIn(channels), triggers: present.map(triggerIn) };
}
