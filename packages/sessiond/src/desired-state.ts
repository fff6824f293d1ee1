import type { DesiredChannel, DesiredState } from '@ringtail/protocol';
import type { Session, Trace } from './session-registry.ts';

/** What the threads of one user ought to record: the channels of the active sessions that have a trace for the user. */
export function desiredStateOf(sessions: readonly Session[], uid: number, wakePath: string): DesiredState {
  const traces = sessions
    .filter((session) => session.active)
    .map((session) => session.traces.get(uid))
    .filter((trace) => trace !== undefined);
  return { channels: traces.flatMap((trace) => desiredChannelsOf(trace, wakePath)) };
}

function desiredChannelsOf(trace: Trace, wakePath: string): DesiredChannel[] {
  return [...trace.channels.values()].map(({ key, channel }) => ({
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
    statedump: 0,
    rules: [...channel.rules.values()],
  }));
}
