/** Commands about the channels of a domain: their rules, contexts, trackers and memory. */
import { channelAttributes } from '../model/channel.ts';
import { domainName } from '../model/domain.ts';
import { ruleType } from '../model/event-rule.ts';
import { channelName, contextNames, namePattern, sessionName } from '../model/names.ts';
import { recordingRule } from '../model/probe.ts';
import { trackedAttribute, trackedValues } from '../model/tracker.ts';
import { count, list, nothing, nullable, type ObjectOf, object, optional, type Shaped, text } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { command } from './command.ts';

const CHANNELS_MAX = 1024;
const NAME_BYTES_MAX = 255;

const contextDescription = object({
  name: text,
  /** Why this machine does not have it; null: it has. */
  refused: nullable(text),
});
export type ContextDescription = Shaped<typeof contextDescription>;

/** One domain of one session. */
export const inDomain = { session: sessionName, domain: domainName };
export type DomainOfSession = ObjectOf<typeof inDomain>;

const tracking = { ...inDomain, attribute: trackedAttribute, values: nullable(trackedValues) };

export const channelCommands = {
  /** Makes a channel, or enables a disabled one, whose attributes then stay. */
  'enable-channel': command({ ...inDomain, channel: channelAttributes }, nothing),
  'disable-channel': command({ ...inDomain, channel: channelName }, nothing),
  /** Adds a rule, or enables an equal disabled one. */
  'enable-event': command(
    { ...inDomain, channel: nullable(channelName), rule: recordingRule },
    object({ channel: text }),
  ),
  /**
   * Disables all rules with this pattern; null: all rules of the channel. `type`, of the kernel domain only, leaves
   * rules of other types alone.
   */
  'disable-event': command(
    { ...inDomain, channel: nullable(channelName), pattern: nullable(namePattern), type: optional(ruleType) },
    object({ channel: text, disabled: count }),
  ),
  /** Adds context fields to a channel, or with null to all channels, before the session is first started. */
  'add-context': command(
    { ...inDomain, channel: nullable(channelName), contexts: contextNames },
    object({ channels: list(text) }),
  ),
  'list-contexts': command({ domain: domainName }, list(contextDescription)),
  /** Adds values to a tracker; null: all values. */
  track: command(tracking, nothing),
  /** Removes values from a tracker; null: all values. */
  untrack: command(tracking, nothing),
  /** Gives back the memory of consumed sub-buffers whose newest event has this age; null: of all channels. The session
   * has all of these names, or the command is refused. */
  'reclaim-memory': command(
    { ...inDomain, channels: nullable(list(plainText(NAME_BYTES_MAX), CHANNELS_MAX)), olderThanUs: count },
    object({ bytes: count }),
  ),
};
