import { RINGTAIL_VERSION } from '@ringtail/base';
import {
  type Destination,
  directoryAt,
  domainDirectory,
  type OpenChannelRequest,
  type OpenTraceRequest,
} from '@ringtail/protocol';
import type { ApplicationProcess } from '../../../model/application-process.ts';
import { basicDateTime } from '../../../model/basic-date-time.ts';
import type { Session } from '../../../model/session.ts';
import type { Trace, TraceChannel } from '../part/user-part.ts';

/** The request by which the consumer opens a trace. */
export function openTraceRequest(trace: Trace, hostname: string): OpenTraceRequest {
  const { session } = trace;
  return {
    type: 'open-trace',
    session: session.name,
    trace: trace.key,
    output: outputOf(session),
    tracePath: trace.tracePath,
    snapshot: session.snapshot,
    format: session.format,
    owner: session.owner,
    ringDirectory: trace.ringDirectory,
    uuid: trace.uuid,
    clock: session.clock,
    clockFrequencyHz: String(session.clockReading.frequencyHz),
    clockOffsetNs: String(session.clockReading.offsetNs),
    environment: environmentOf(trace, hostname),
  };
}

/**
 * A flight recorder without an own output, such as a loaded one, leaves its last snapshot in its first snapshot output.
 */
function outputOf({ output, snapshot, archive }: Session): Destination | null {
  const path = snapshot ? archive.outputs[0]?.path : undefined;
  return output ?? (path === undefined ? null : directoryAt(path));
}

/** The environment that LTTng gives its user-space traces. */
function environmentOf({ session, process, uid }: Trace, hostname: string): OpenTraceRequest['environment'] {
  const [major, minor, patch] = RINGTAIL_VERSION.split('.').map(Number) as [number, number, number];
  return [
    ['domain', domainDirectory('user')],
    ['tracer_name', 'ringtail'],
    ['tracer_major', major],
    ['tracer_minor', minor],
    ['tracer_patchlevel', patch],
    ['tracer_buffering_scheme', process === null ? 'uid' : 'pid'],
    ['tracer_buffering_id', process === null ? uid : process.pid],
    ['architecture_bit_width', 64],
    ['trace_name', session.name],
    ['trace_creation_datetime', localDateTime(session.createdAt)],
    ['hostname', hostname],
    ...(process === null ? [] : environmentOfProcess(process)),
  ];
}

function environmentOfProcess({ pid, procname, since }: ApplicationProcess): OpenTraceRequest['environment'] {
  return [
    ['vpid', pid],
    ['procname', procname],
    ['vpid_datetime', localDateTime(since)],
  ];
}

function localDateTime(at: Date): string {
  return basicDateTime(at, -at.getTimezoneOffset());
}

export function openChannelRequest({ key, trace, channel }: TraceChannel): OpenChannelRequest {
  return {
    type: 'open-channel',
    trace: trace.key,
    channel: key,
    streamClassId: channel.streamClassId,
    attributes: channel.attributes,
    contexts: channel.contexts,
    producer: 'thread',
  };
}
