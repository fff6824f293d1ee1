import { channelAttributes } from '../model/channel.ts';
import { domainName } from '../model/domain.ts';
import { mapChannelAttributes } from '../model/map.ts';
import { contextNames, sessionName } from '../model/names.ts';
import { recordingRuleMembers } from '../model/probe.ts';
import { retention } from '../model/retention.ts';
import { snapshotOutput } from '../model/snapshot.ts';
import { clockKind, traceFormat } from '../model/trace.ts';
import { trackers } from '../model/tracker.ts';
import { boolean, count, list, nullable, object, type Shaped, size, text } from '../wire/shape.ts';

const ruleDescription = object({ ...recordingRuleMembers, enabled: boolean });
export type RuleDescription = Shaped<typeof ruleDescription>;

const channelDescription = object({
  ...channelAttributes.members,
  enabled: boolean,
  contexts: contextNames,
  rules: list(ruleDescription),
});
export type ChannelDescription = Shaped<typeof channelDescription>;

const domainDescription = object({
  domain: domainName,
  channels: list(channelDescription),
  trackers,
  maps: list(mapChannelAttributes),
});
/** The part of a session that one domain records. */
export type DomainDescription = Shaped<typeof domainDescription>;

/** Whether a session has anything in a domain: a command has been about it. */
export function isUsed({ channels, maps, trackers: tracked }: DomainDescription): boolean {
  return channels.length > 0 || maps.length > 0 || Object.values(tracked).some((values) => values !== null);
}

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
  /** One part for each domain of the daemon, `user` first. */
  domains: list(domainDescription),
  snapshotOutputs: list(snapshotOutput),
  rotationSchedule,
  /** Limits of the archives that are kept. */
  retention,
  /** Number of archived chunks. */
  rotations: count,
  /** Directory of the newest archive. */
  lastArchive: nullable(text),
  /** Number of archives and snapshots that were removed by these limits, or by limits of the snapshot outputs. */
  archivesRemoved: count,
});
export type SessionDescription = Shaped<typeof sessionDescription>;

export { ruleDescription };
