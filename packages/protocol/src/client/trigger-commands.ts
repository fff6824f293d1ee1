/** Commands about triggers and the maps that they increment. */
import { mapChannelParameters, mapRow } from '../model/map.ts';
import { channelName, triggerName, userNumber } from '../model/names.ts';
import { triggerDefinition, triggerDescription } from '../model/trigger.ts';
import { list, nothing, nullable, object, text } from '../wire/shape.ts';
import { inDomain } from './channel-commands.ts';
import { command } from './command.ts';

export const triggerCommands = {
  /** Adds a trigger for the client's user; root may name another owner. Answers its name. */
  'add-trigger': command({ trigger: triggerDefinition, ownerUid: nullable(userNumber) }, object({ name: text })),
  'remove-trigger': command({ name: triggerName, ownerUid: nullable(userNumber) }, nothing),
  'list-triggers': command({}, list(triggerDescription)),
  'add-map': command({ ...inDomain, map: mapChannelParameters }, object({ name: text })),
  /** Counters of one map; null: of all maps of the session. */
  'show-maps': command({ ...inDomain, map: nullable(channelName) }, list(mapRow)),
};
