import { PACKET_HEADER_BYTES_MAX } from '@ringtail/ctf';
import { monotonicOffsetNs } from '@ringtail/posix';
import type { ChannelAttributes, DesiredChannel } from '@ringtail/protocol';
import type { Owner } from '../../../model/owner.ts';
import { recordedRules } from '../part/recorded-rules.ts';
import type { Channel, Trace, TraceChannel, UserPart } from '../part/user-part.ts';

/** Counters for the decisions of a channel's filters; null if they are not counted. */
export type FilterCountersOf = (part: UserPart, channel: Channel) => DesiredChannel['filterCounters'];

/** The FIFO by which producers wake the consumer of a session's owner. */
export type WakePathOf = (owner: Owner) => string;

/** Offset of this process's monotonic clock from the system's, which recordings use. */
const offsetNs = monotonicOffsetNs() ?? 0;

/** The channels of these traces, as their threads record into them. */
export function desiredChannelsOf(
  traces: readonly Trace[],
  wakePathOf: WakePathOf,
  filterCountersOf: FilterCountersOf = () => null,
): DesiredChannel[] {
  return traces.flatMap((trace) => channelsOf(trace, wakePathOf(trace.session.owner), filterCountersOf));
}

function channelsOf(trace: Trace, wakePath: string, filterCountersOf: FilterCountersOf): DesiredChannel[] {
  return enabledChannelsOf(trace).map(({ key, channel }) => ({
    key,
    session: trace.session.name,
    name: channel.attributes.name,
    traceUuid: trace.uuid,
    streamClassId: channel.streamClassId,
    header: channel.attributes.header,
    mode: channel.attributes.mode,
    subBufBytes: channel.attributes.subBufBytes,
    subBufCount: channel.attributes.subBufCount,
    ...recordsLimitOf(channel.attributes),
    clock: trace.session.clock,
    ...(offsetNs !== 0 && { monotonicOffsetNs: offsetNs }),
    ringDirectory: trace.ringDirectory,
    wakePath,
    blockingTimeoutUs: channel.attributes.mode === 'overwrite' ? 0 : channel.attributes.blockingTimeoutUs,
    preallocation: channel.attributes.preallocation,
    contexts: channel.contexts,
    statedump: trace.part.statedump,
    reclaim: channel.reclaims,
    reclaimUntil: channel.reclaimUntil,
    filterCounters: filterCountersOf(trace.part, channel),
    rules: recordedRules(channel),
  }));
}

/** A packet has a header before its records, and never exceeds the size of a trace file. */
function recordsLimitOf({ traceFileBytes, subBufBytes }: ChannelAttributes): Pick<DesiredChannel, 'recordsBytesMax'> {
  const recordsBytesMax = traceFileBytes - PACKET_HEADER_BYTES_MAX;
  return traceFileBytes > 0 && recordsBytesMax < subBufBytes ? { recordsBytesMax } : {};
}

function enabledChannelsOf(trace: Trace): TraceChannel[] {
  return [...trace.channels.values()].filter(({ channel }) => channel.enabled);
}
