import { monotonicOffsetNs } from '@ringtail/posix';
import type { DesiredChannel } from '@ringtail/protocol';
import type { Channel, Session, Trace, TraceChannel } from './session.ts';

/** Where threads count what the filters of a channel decide; null where they do not. */
export type FilterCountersOf = (session: Session, channel: Channel) => DesiredChannel['filterCounters'];

/** Of this process, which the recording's clock is read in. */
const offsetNs = monotonicOffsetNs() ?? 0;

/** What the threads that record into these traces ought to record. */
export function desiredChannelsOf(
  traces: readonly Trace[],
  wakePath: string,
  filterCountersOf: FilterCountersOf = () => null,
): DesiredChannel[] {
  return traces.flatMap((trace) => channelsOf(trace, wakePath, filterCountersOf));
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
    clock: trace.session.clock,
    ...(offsetNs !== 0 && { monotonicOffsetNs: offsetNs }),
    ringDirectory: trace.ringDirectory,
    wakePath,
    blockingTimeoutUs: channel.attributes.blockingTimeoutUs,
    preallocation: channel.attributes.preallocation,
    contexts: channel.contexts,
    statedump: trace.session.statedump,
    reclaim: channel.reclaims,
    reclaimUntil: channel.reclaimUntil,
    filterCounters: filterCountersOf(trace.session, channel),
    rules: channel.rules.enabled(),
  }));
}

function enabledChannelsOf(trace: Trace): TraceChannel[] {
  return [...trace.channels.values()].filter(({ channel }) => channel.enabled);
}
