import type {
  BoundaryMessage,
  DataStream,
  EventMessage,
  EventRecordClass,
  FieldScope,
  FieldValue,
  Instant,
  LossMessage,
  Message,
  StructureFieldClass,
} from '@ringtail/ctf';
import { ClockValue, type Links } from '@ringtail/ctf/internal';
import { ClassDescription } from './details/describe-class.ts';
import { fieldDescription } from './details/describe-field.ts';
import { describeTrace, describeTraceClass } from './details/describe-trace.ts';
import { detailsInteger } from './details/details-number.ts';
import type { TraceReader } from './open-traces.ts';
import type { TextSink } from './text-sink.ts';

const CHUNK_CHARACTERS = 1 << 16;

/**
 * Prints every message with all it has, and what the metadata says, as Babeltrace's `sink.text.details` does.
 *
 * @param reader opened with `boundaries`
 */
export function printDetails(reader: TraceReader, sink: TextSink): void {
  const printer = new DetailsPrinter(reader, sink);
  try {
    printer.begin();
    for (const message of reader.messages()) {
      printer.take(message);
      if (!printer.isWanted) return;
    }
    printer.end();
  } finally {
    printer.flush();
  }
}

type Describe = (value: FieldValue, indent: string) => string;

interface EventDescription {
  readonly title: string;
  readonly commonContext: Describe | undefined;
  readonly specificContext: Describe | undefined;
  readonly payload: Describe | undefined;
}

interface StreamState {
  readonly tag: string;
  /** Packets that are still to end. */
  packetsLeft: number;
  stream: DataStream | undefined;
  clock: ClockValue | undefined;
  packetContext: Describe | undefined;
  readonly events: Map<EventRecordClass, EventDescription>;
}

class DetailsPrinter {
  isWanted = true;
  readonly #reader: TraceReader;
  readonly #sink: TextSink;
  readonly #states = new Map<string, StreamState>();
  #chunk = '';
  #isFirst = true;

  constructor(reader: TraceReader, sink: TextSink) {
    this.#reader = reader;
    this.#sink = sink;
  }

  begin(): void {
    for (const [traceIdx, trace] of this.#reader.traces.entries()) {
      for (const [i, { class: of, id, sources, index }] of trace.streams.entries()) {
        if (i === 0) this.#write(describeTraceClass(trace));
        const tag = `{Trace ${traceIdx}, Stream class ID ${of?.id ?? 0n}, Stream ID ${id}}\n`;
        const name = sources[0]!.name;
        this.#write(`[Unknown]\n${tag}Stream beginning:\n  Name: ${name}\n${describeTrace(trace)}`);
        this.#states.set(name, {
          tag,
          packetsLeft: index.packets.length,
          stream: undefined,
          clock: undefined,
          packetContext: undefined,
          events: new Map(),
        });
      }
    }
  }

  take(message: Message | BoundaryMessage): void {
    const state = this.#stateOf(message.stream);
    switch (message.kind) {
      case 'event':
        this.#event(message, state);
        break;
      case 'packet-begin':
        this.#packetBegin(message, state);
        break;
      case 'packet-end':
        this.#write(`${cyclesLine(message, state, message.cycles)}${state.tag}Packet end\n`);
        if (--state.packetsLeft === 0) this.#streamEnd(state);
        break;
      default:
        this.#loss(message, state);
    }
  }

  end(): void {
    // Of a damaged data stream not all packets end.
    for (const state of this.#states.values()) if (state.packetsLeft > 0) this.#streamEnd(state);
  }

  flush(): void {
    if (this.#chunk !== '') this.#sink.write(this.#chunk);
    this.#chunk = '';
  }

  #write(block: string): void {
    this.#chunk += this.#isFirst ? block : `\n${block}`;
    this.#isFirst = false;
    if (this.#chunk.length < CHUNK_CHARACTERS) return;
    const full = this.#chunk;
    this.#chunk = '';
    this.isWanted = this.#sink.write(full);
  }

  #stateOf(stream: DataStream): StreamState {
    const state = this.#states.get(stream.name)!;
    if (state.stream === undefined) {
      state.stream = stream;
      state.clock = stream.clockClass && new ClockValue(stream.clockClass);
      state.packetContext = compile('packet-context', stream.class.packetContext, [stream.links.common]);
    }
    return state;
  }

  #packetBegin(message: BoundaryMessage, state: StreamState): void {
    const context = state.packetContext?.(message.packet.context, '  ');
    const text = context === undefined ? '' : `:\n  Context:${context}`;
    this.#write(`${cyclesLine(message, state, message.cycles)}${state.tag}Packet beginning${text}\n`);
  }

  #event(event: EventMessage, state: StreamState): void {
    const description = state.events.get(event.class) ?? describeEvent(event, state);
    const { title, commonContext, specificContext, payload } = description;
    let text = '';
    if (commonContext !== undefined) text += `  Common context:${commonContext(event.commonContext, '  ')}\n`;
    if (specificContext !== undefined) text += `  Specific context:${specificContext(event.specificContext, '  ')}\n`;
    if (payload !== undefined) text += `  Payload:${payload(event.payload, '  ')}\n`;
    const time = state.clock === undefined ? '' : cyclesLine(event, state, event.cycles);
    this.#write(`${time}${state.tag}${title}${text === '' ? '\n' : `:\n${text}`}`);
  }

  #loss({ kind, count, range }: LossMessage, state: StreamState): void {
    const what = kind === 'discarded-events' ? 'events' : 'packets';
    const times = range === undefined ? '' : instantLine(range.begin, state) + instantLine(range.end, state);
    const amount = count === undefined ? '' : ` (${detailsInteger(count)} ${what})`;
    this.#write(`${times}${state.tag}Discarded ${what}${amount}\n`);
  }

  #streamEnd(state: StreamState): void {
    state.packetsLeft = 0;
    this.#write(`[Unknown]\n${state.tag}Stream end\n`);
  }
}

function describeEvent({ class: of, stream }: EventMessage, state: StreamState): EventDescription {
  const { common, eventRecordClasses } = stream.links;
  const links = [eventRecordClasses.get(of)!, common];
  const name = of.name === '' ? '' : ` \`${of.name}\``;
  const description = {
    title: `Event${name} (Class ID ${detailsInteger(of.id)})`,
    commonContext: compile('event-record-common-context', stream.class.eventRecordCommonContext, [common]),
    specificContext: compile('event-record-specific-context', of.specificContext, links),
    payload: compile('event-record-payload', of.payload, links),
  };
  state.events.set(of, description);
  return description;
}

function compile(
  scope: FieldScope,
  root: StructureFieldClass | undefined,
  links: readonly Links[],
): Describe | undefined {
  const classes = new ClassDescription(scope, links);
  return root === undefined || !classes.isShown(root) ? undefined : fieldDescription(root, classes, scope);
}

function cyclesLine(instant: Instant, state: StreamState, cycles: bigint | undefined): string {
  if (state.clock === undefined || cycles === undefined) return '';
  return `[${detailsInteger(cycles)} cycles, ${detailsInteger(nanoseconds(instant))} ns from origin]\n`;
}

/** Losses know their times, and not the values of the clock. */
function instantLine(instant: Instant, state: StreamState): string {
  const { frequency } = state.stream!.clockClass!;
  const elapsed = nanoseconds(instant) - state.clock!.toNanoseconds(0n);
  return cyclesLine(instant, state, (elapsed * frequency + 999_999_999n) / 1_000_000_000n);
}

function nanoseconds({ seconds, nanoseconds: rest }: Instant): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
}
