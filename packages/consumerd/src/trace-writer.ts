import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describeError } from '@ringtail/base';
import {
  type ClockClass,
  compactEventHeaderClass,
  contextClass,
  type EventSpec,
  largeEventHeaderClass,
  lowerFields,
  packetContextClass,
  packetHeaderClass,
  type StructureFieldClass,
  type TraceClass,
  tsdlDataStreamClass,
  tsdlEventRecordClass,
  tsdlPreamble,
} from '@ringtail/ctf';
import type { OpenChannelRequest, OpenTraceRequest } from '@ringtail/protocol';
import { ConsumerError } from './consumer-error.ts';
import type { FileOutput } from './file-output.ts';
import { MetadataFile } from './metadata-file.ts';
import { MetadataText } from './snapshot/metadata-text.ts';
import { ensureTraceDirectory } from './trace-directory.ts';

const NS_PER_SECOND = 1_000_000_000n;
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** The directory of a trace and its metadata, with a copy beside the rings for `ringtail crash` where there is such a place. */
export class TraceWriter {
  /** Of its files; a flight recorder's trace has none but beside the rings. */
  readonly directory: string;
  readonly uuid: string;
  /** Of a flight recorder: what each snapshot gets as its metadata. */
  readonly forSnapshots: MetadataText | undefined;
  readonly #clock: ClockClass;
  readonly #metadata: readonly MetadataFile[];

  /**
   * Makes the directory and the beginning of the metadata, or continues both.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED`, `NOT_WRITTEN`, `BAD_REQUEST` for a clock that metadata cannot describe.
   */
  constructor(request: OpenTraceRequest, output: FileOutput) {
    if (request.output === null && !request.snapshot) {
      throw new ConsumerError('BAD_REQUEST', 'a trace without an output is for snapshots only');
    }
    this.directory = join(request.output ?? '', request.place);
    this.uuid = request.uuid;
    this.#clock = clockClassOf(request);
    const preamble = tsdlPreamble(traceClassOf(request, this.#clock));
    this.forSnapshots = request.snapshot ? new MetadataText(preamble) : undefined;
    const directories = [
      ...(request.snapshot ? [] : [this.directory]),
      ...(request.ringDirectory === null ? [] : [request.ringDirectory]),
    ];
    const opened: MetadataFile[] = [];
    try {
      for (const directory of directories) {
        ensureTraceDirectory(directory);
        opened.push(MetadataFile.open(join(directory, 'metadata'), request.uuid, preamble, output));
      }
    } catch (error) {
      for (const file of opened) file.close();
      throw error;
    }
    this.#metadata = opened;
  }

  /** @throws {ConsumerError} `NOT_WRITTEN`, `BAD_REQUEST` for a context that there is not. */
  addChannel({ streamClassId, attributes, contexts }: OpenChannelRequest): void {
    const clock = this.#clock.name;
    const eventRecordHeader =
      attributes.header === 'compact' ? compactEventHeaderClass(clock) : largeEventHeaderClass(clock);
    const packetContext = packetContextClass(clock);
    const id = BigInt(streamClassId);
    const eventRecordCommonContext = contextClassOf(contexts);
    this.#append([
      tsdlDataStreamClass({
        id,
        packetContext,
        eventRecordHeader,
        ...(eventRecordCommonContext && { eventRecordCommonContext }),
        eventRecordClasses: [],
      }),
    ]);
  }

  /** Once this returns, the metadata describes the events. @throws {ConsumerError} `NOT_WRITTEN` */
  addEvents(streamClassId: number, events: readonly { readonly id: number; readonly spec: EventSpec }[]): void {
    this.#append(
      events.map(({ id, spec }) =>
        tsdlEventRecordClass(BigInt(streamClassId), {
          id: BigInt(id),
          name: spec.name,
          logLevel: spec.logLevel,
          payload: lowerFields(spec.fields, 1),
        }),
      ),
    );
  }

  close(): void {
    for (const file of this.#metadata) file.close();
  }

  #append(blocks: readonly string[]): void {
    for (const file of this.#metadata) file.append(blocks);
    this.forSnapshots?.append(blocks);
  }
}

function contextClassOf(contexts: readonly string[]): StructureFieldClass | undefined {
  try {
    return contextClass(contexts, 1);
  } catch (error) {
    throw new ConsumerError('BAD_REQUEST', describeError(error));
  }
}

function traceClassOf(request: OpenTraceRequest, clock: ClockClass): TraceClass {
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

function clockClassOf({ clock, clockFrequencyHz, clockOffsetNs }: OpenTraceRequest): ClockClass {
  const frequency = BigInt(clockFrequencyHz);
  if (frequency <= 0n) throw new ConsumerError('BAD_REQUEST', `a clock of ${clockFrequencyHz} Hz stands still`);
  const offsetNs = BigInt(clockOffsetNs);
  const offsetSeconds = offsetNs / NS_PER_SECOND - (offsetNs % NS_PER_SECOND < 0n ? 1n : 0n);
  const bootId = readFileSync(BOOT_ID_PATH, 'utf8').trim();
  assert(/^[0-9a-f-]{36}$/.test(bootId), 'the kernel says its boot ID as a UUID');
  return {
    name: clock,
    description: CLOCK_DESCRIPTIONS[clock],
    uuid: bootId,
    frequency,
    offsetSeconds,
    offsetCycles: ((offsetNs - offsetSeconds * NS_PER_SECOND) * frequency) / NS_PER_SECOND,
    originIsUnixEpoch: true,
  };
}
