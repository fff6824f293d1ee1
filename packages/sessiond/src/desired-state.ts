import type { DesiredChannel, DesiredState, DesiredTrigger } from '@ringtail/protocol';
import type { Trace, TraceChannel } from './session.ts';

/** What the threads that record into these traces ought to record, and what they look for. */
export function desiredStateOf(
  traces: readonly Trace[],
  wakePath: string,
  triggers: readonly DesiredTrigger[],
): DesiredState {
  return { channels: traces.flatMap((trace) => desiredChannelsOf(trace, wakePath)), triggers };
}

function desiredChannelsOf(trace: Trace, wakePath: string): DesiredChannel[] {
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
    ringDirectory: trace.ringDirectory,
    wakePath,
    blockingTimeoutUs: channel.attributes.blockingTimeoutUs,
    preallocation: channel.attributes.preallocation,
    contexts: channel.contexts,
    statedump: trace.session.statedump,
    filterCounters: null,
    rules: channel.rules.enabled(),
  }));
}

function enabledChannelsOf(trace: Trace): TraceChannel[] {
  return [...trace.channels.values()].filter(({ channel }) => channel.enabled);
}
