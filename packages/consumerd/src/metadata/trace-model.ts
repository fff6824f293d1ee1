import { readFileSync } from 'node:fs';
import { assert, describeError, NS_PER_S } from '@ringtail/base';
import {
  type ClockClass,
  compactEventHeaderClass,
  contextClass,
  type DataStreamClass,
  type EventRecordClass,
  type EventSpec,
  largeEventHeaderClass,
  lowerFields,
  packetContextClass,
  packetHeaderClass,
  type StructureFieldClass,
  type TraceClass,
} from '@ringtail/ctf';
import type { OpenChannelRequest, OpenTraceRequest } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** @throws {ConsumerError} `BAD_REQUEST` for a context that does not exist */
export function dataStreamClassOf(
  { streamClassId, attributes, contexts }: OpenChannelRequest,
  { name: clock }: ClockClass,
): DataStreamClass {
  const eventRecordHeader =
    attributes.header === 'compact' ? compactEventHeaderClass(clock) : largeEventHeaderClass(clock);
  const eventRecordCommonContext = contextClassOf(contexts);
  return {
    id: BigInt(streamClassId),
    packetContext: packetContextClass(clock),
    eventRecordHeader,
    ...(eventRecordCommonContext && { eventRecordCommonContext }),
    eventRecordClasses: [],
  };
}

export function eventRecordClassOf(id: number, spec: EventSpec): EventRecordClass {
  return { id: BigInt(id), name: spec.name, logLevel: spec.logLevel, payload: lowerFields(spec.fields, 1) };
}

function contextClassOf(contexts: readonly string[]): StructureFieldClass | undefined {
  try {
    return contextClass(contexts, 1);
  } catch (error) {
    throw new ConsumerError('BAD_REQUEST', describeError(error));
  }
}

export function traceClassOf(request: OpenTraceRequest, clock: ClockClass): TraceClass {
  return {
    version: { major: 1, minor: 8 },
    byteOrder: 'le',
    uuid: request.uuid,
    environment: new Map(
      request.environment.map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value]),
    ),
    clockClasses: [clock],
    packetHeader: packetHeaderClass(),
    dataStreamClasses: [],
  };
}

const CLOCK_DESCRIPTIONS = { monotonic: 'Monotonic Clock', tsc: 'Time Stamp Counter' } as const;

/** @throws {ConsumerError} `BAD_REQUEST` for a clock that metadata cannot describe. */
export function clockClassOf({ clock, clockFrequencyHz, clockOffsetNs }: OpenTraceRequest): ClockClass {
  const frequency = BigInt(clockFrequencyHz);
  if (frequency <= 0n)
    throw new ConsumerError('BAD_REQUEST', `the frequency of a clock must be positive, not ${clockFrequencyHz} Hz`);
  const offsetNs = BigInt(clockOffsetNs);
  const offsetSeconds = offsetNs / NS_PER_S - (offsetNs % NS_PER_S < 0n ? 1n : 0n);
  const bootId = readFileSync(BOOT_ID_PATH, 'utf8').trim();
  assert(/^[0-9a-f-]{36}$/.test(bootId), 'the kernel says its boot ID as a UUID');
  return {
    name: clock,
    description: CLOCK_DESCRIPTIONS[clock],
    uuid: bootId,
    frequency,
    offsetSeconds,
    offsetCycles: ((offsetNs - offsetSeconds * NS_PER_S) * frequency) / NS_PER_S,
    originIsUnixEpoch: true,
  };
}
