import { readFileSync } from 'node:fs';
import { assert, describeError, NS_PER_S } from '@ringtail/base';
import {
  type ClockClass,
  compactEventHeaderClass,
  contextClass,
  cpuPacketContextClass,
  type DataStreamClass,
  type EventRecordClass,
  largeEventHeaderClass,
  lowerFields,
  packetContextClass,
  packetHeaderClass,
  parseEventSpec,
  type StructureFieldClass,
  type TraceClass,
} from '@ringtail/ctf';
import {
  KERNEL_CONTEXT_NAMES,
  kernelEventClass,
  parseEventDeclaration,
  recordContextClass,
  recordHeaderClass,
} from '@ringtail/kernel';
import type { OpenChannelRequest, OpenTraceRequest } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';

type Producer = OpenChannelRequest['producer'];

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** @throws {ConsumerError} `BAD_REQUEST` for a context that does not exist */
export function dataStreamClassOf(channel: OpenChannelRequest, { name: clock }: ClockClass): DataStreamClass {
  const { packetContext, eventRecordHeader, eventRecordCommonContext } = LAYOUTS[channel.producer](channel, clock);
  return {
    id: BigInt(channel.streamClassId),
    packetContext,
    eventRecordHeader,
    ...(eventRecordCommonContext && { eventRecordCommonContext }),
    eventRecordClasses: [],
  };
}

interface Layout {
  readonly packetContext: StructureFieldClass;
  readonly eventRecordHeader: StructureFieldClass;
  readonly eventRecordCommonContext: StructureFieldClass | undefined;
}

/** Layout of the packets and records of each kind of producer. */
const LAYOUTS: Readonly<Record<Producer, (channel: OpenChannelRequest, clock: string) => Layout>> = {
  thread: ({ attributes, contexts }, clock) => ({
    packetContext: packetContextClass(clock),
    eventRecordHeader: attributes.header === 'compact' ? compactEventHeaderClass(clock) : largeEventHeaderClass(clock),
    eventRecordCommonContext: contextClassOf(contexts),
  }),
  cpu: ({ contexts }, clock) => ({
    packetContext: cpuPacketContextClass(clock),
    eventRecordHeader: recordHeaderClass(clock),
    eventRecordCommonContext: recordContextClass(checkedKernelContexts(contexts)),
  }),
};

/** Parsers of the descriptions of events, which each kind of producer has its own of. */
export const EVENT_DESCRIPTIONS: Readonly<Record<Producer, (description: unknown) => DescribedEvent>> = {
  thread: (description) => {
    const spec = parseEventSpec(description);
    const { name, logLevel, fields } = spec;
    return {
      text: JSON.stringify(spec),
      name,
      classOf: (id) => ({ id, name, logLevel, payload: lowerFields(fields, 1) }),
    };
  },
  cpu: (description) => {
    const declaration = parseEventDeclaration(description);
    const { name } = declaration;
    return { text: JSON.stringify(declaration), name, classOf: (id) => kernelEventClass(id, declaration) };
  },
};

/** A description of an event, checked. */
export interface DescribedEvent {
  /** The description as JSON, the same for the same event. */
  readonly text: string;
  readonly name: string;
  classOf(id: bigint): EventRecordClass;
}

function checkedKernelContexts(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !KERNEL_CONTEXT_NAMES.includes(name));
  if (unknown === undefined) return names;
  throw new ConsumerError('BAD_REQUEST', `channels of the kernel have no context ${JSON.stringify(unknown)}`);
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
