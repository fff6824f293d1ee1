import { release, version } from 'node:os';
import { RINGTAIL_VERSION } from '@ringtail/base';
import { domainDirectory, type OpenChannelRequest, type OpenTraceRequest } from '@ringtail/protocol';
import { basicDateTime } from '../../../model/basic-date-time.ts';
import type { Session } from '../../../model/session.ts';
import type { KernelChannel, KernelTrace } from '../part/kernel-part.ts';

/** Readers choose the names of events and fields by tracer and version: they are those of LTTng's. */
const LAYOUT = { tracer: 'lttng-modules', major: 2, minor: 13, patch: 0 } as const;

/** The request by which the consumer daemon opens the kernel's trace of a session. */
export function openTraceRequest(session: Session, trace: KernelTrace, hostname: string): OpenTraceRequest {
  return {
    type: 'open-trace',
    session: session.name,
    trace: trace.key,
    output: session.output,
    tracePath: domainDirectory('kernel'),
    snapshot: session.snapshot,
    format: session.format,
    owner: session.owner,
    ringDirectory: null,
    uuid: trace.uuid,
    clock: session.clock,
    clockFrequencyHz: String(session.clockReading.frequencyHz),
    clockOffsetNs: String(session.clockReading.offsetNs),
    environment: [
      ['domain', domainDirectory('kernel')],
      ['sysname', 'Linux'],
      ['kernel_release', release()],
      ['kernel_version', version()],
      ['tracer_name', LAYOUT.tracer],
      ['tracer_major', LAYOUT.major],
      ['tracer_minor', LAYOUT.minor],
      ['tracer_patchlevel', LAYOUT.patch],
      ['tracer_implementation', `ringtail ${RINGTAIL_VERSION}`],
      ['trace_buffering_scheme', 'global'],
      ['trace_name', session.name],
      ['trace_creation_datetime', basicDateTime(session.createdAt, -session.createdAt.getTimezoneOffset())],
      ['hostname', hostname],
    ],
  };
}

export function openChannelRequest(trace: KernelTrace, key: number, channel: KernelChannel): OpenChannelRequest {
  const { attributes, contexts, streamClassId } = channel;
  return { type: 'open-channel', trace: trace.key, channel: key, streamClassId, producer: 'cpu', attributes, contexts };
}
