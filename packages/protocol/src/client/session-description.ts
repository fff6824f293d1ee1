import { channelAttributes } from '../model/channel.ts';
import { eventRule } from '../model/event-rule.ts';
import { mapChannelAttributes } from '../model/map.ts';
import { contextNames, sessionName } from '../model/names.ts';
import { snapshotOutput } from '../model/snapshot.ts';
import { clockKind, traceFormat } from '../model/trace.ts';
import { trackers } from '../model/tracker.ts';
import { boolean, count, list, nullable, object, type Shaped, size, text } from '../wire/shape.ts';

const ruleDescription = object({ ...eventRule.members, enabled: boolean });
export type RuleDescription = Shaped<typeof ruleDescription>;

const channelDescription = object({
  ...channelAttributes.members,
  enabled: boolean,
  contexts: contextNames,
  rules: list(ruleDescription),
});
export type ChannelDescription = Shaped<typeof channelDescription>;

export const rotationSchedule = object({
  /** Period in microseconds; null: no rotation by time. */
  timerUs: nullable(size),
  /** Recorded bytes after which the session rotates; null: no rotation by size. */
  sizeBytes: nullable(size),
});
export type RotationSchedule = Shaped<typeof rotationSchedule>;

export const sessionDescription = object({
  name: sessionName,
  /** The session's user. */
  uid: count,
  output: nullable(text),
  shmPath: nullable(text),
  clock: clockKind,
  snapshot: boolean,
  format: traceFormat,
  /** ISO 8601. */
  createdAt: text,
  active: boolean,
  channels: list(channelDescription),
  trackers,
  snapshotOutputs: list(snapshotOutput),
  rotationSchedule,
  maps: list(mapChannelAttributes),
  /** Number of archived chunks. */
  rotations: count,
  /** Directory of the newest archive. */
  lastArchive: nullable(text),
});
export type SessionDescription = Shaped<typeof sessionDescription>;

export { ruleDescription };
