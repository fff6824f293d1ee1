import type {
  BoundaryMessage,
  DataStream,
  EventMessage,
  EventRecordClass,
  FieldValue,
  Instant,
  LossMessage,
  Message,
} from '@ringtail/ctf';
import { ClockValue, type DataStreamDecoder, type EventLoop } from '@ringtail/ctf/internal';
import { ClassDescription } from './details/describe-class.ts';
import { fieldDescription } from './details/describe-field.ts';
import { describeTrace, describeTraceClass } from './details/describe-trace.ts';
import { detailsLoop, EVENT_SCOPES, eventTitle, scopeOf } from './details/details-loop.ts';
import { detailsInteger } from './details/details-number.ts';
import type { MessageConsumer } from './merge.ts';
import type { TraceReader } from './open-traces.ts';
import { TextBuffer } from './text/text-buffer.ts';
import type { TextSink } from './text-sink.ts';

/**
 * Prints every message with all it has, and what the metadata says, as Babeltrace's `sink.text.details` does.
 *
 * @param reader opened with `boundaries`
 */
export function printDetails(reader: TraceReader, sink: TextSink): void {
  const printer = new DetailsPrinter(reader, sink);
  try {
    printer.begin();
    reader.drain(printer);
    if (printer.isWanted) printer.end();
  } finally {
    printer.flush();
  }
}

type Describe = (value: FieldValue, indent: string) => string;

interface EventDescription {
  readonly title: string;
  /** For each scope of `EVENT_SCOPES`, unless it is not shown. */
  readonly scopes: readonly (Describe | undefined)[];
}

interface StreamState {
  readonly tag: string;
  /** The tag of messages without a time, which is said where there could be one. */
  readonly untimed: string;
  /** Packets that are still to end. */
  packetsLeft: number;
  stream: DataStream | undefined;
  clock: ClockValue | undefined;
  packetContext: Describe | undefined;
  readonly events: Map<EventRecordClass, EventDescription>;
}

class DetailsPrinter implements MessageConsumer {
  readonly #reader: TraceReader;
  readonly #buffer: TextBuffer;
  readonly #loops = new Map<DataStreamDecoder, EventLoop | undefined>();
  readonly #states = new Map<string, StreamState>();
  #isFirst = true;

  constructor(reader: TraceReader, sink: TextSink) {
    this.#reader = reader;
    this.#buffer = new TextBuffer(sink);
  }

  get isWanted(): boolean {
    return this.#buffer.isWanted;
  }

  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined {
    if (!this.#loops.has(decoder)) {
      const tagOf = (of: DataStream) => this.#stateOf(of).tag;
      this.#loops.set(decoder, detailsLoop(decoder, stream, this.#buffer, tagOf));
    }
    return this.#loops.get(decoder);
  }

  begin(): void {
    for (const [traceIdx, trace] of this.#reader.traces.entries()) {
      for (const [i, { class: of, id, sources, index, decoder }] of trace.streams.entries()) {
        if (i === 0) this.#write(describeTraceClass(trace));
        const place = `{Trace ${traceIdx}, Stream class ID ${of?.id ?? 0n}, Stream ID ${id}}\n`;
        const hasClock = of !== undefined && decoder.dataStreamDecoder(of.id)?.clockClass !== undefined;
        const name = sources[0]!.name;
        const untimed = `${hasClock ? '[Unknown]\n' : ''}${place}`;
        this.#write(`${untimed}Stream beginning:\n  Name: ${name}\n${describeTrace(trace)}`);
        this.#states.set(name, {
          tag: place,
          untimed,
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
    this.#buffer.flush();
  }

  #write(block: string): void {
    this.#buffer.append(this.#isFirst ? block : `\n${block}`);
    this.#isFirst = false;
  }

  #stateOf(stream: DataStream): StreamState {
    const state = this.#states.get(stream.name)!;
    if (state.stream === undefined) {
      state.stream = stream;
      state.clock = stream.clockClass && new ClockValue(stream.clockClass);
      state.packetContext = describePacketContext(stream);
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
    const { title, scopes } = description;
    const values = [event.commonContext, event.specificContext, event.payload];
    let text = '';
    for (const [i, [, label]] of EVENT_SCOPES.entries()) {
      const describe = scopes[i];
      if (describe !== undefined) text += `${label}${describe(values[i], '  ')}\n`;
    }
    const time = state.clock === undefined ? '' : cyclesLine(event, state, event.cycles);
    this.#write(`${time}${state.tag}${title}:\n${text}`);
  }

  #loss({ kind, count, range }: LossMessage, state: StreamState): void {
    const what = kind === 'discarded-events' ? 'events' : 'packets';
    const times = range === undefined ? '' : instantLine(range.begin, state) + instantLine(range.end, state);
    const amount = count === undefined ? '' : ` (${detailsInteger(count)} ${what})`;
    this.#write(`${times}${state.tag}Discarded ${what}${amount}\n`);
  }

  #streamEnd(state: StreamState): void {
    state.packetsLeft = 0;
    this.#write(`${state.untimed}Stream end\n`);
  }
}

function describePacketContext({ class: { packetContext }, links }: DataStream): Describe | undefined {
  const classes = new ClassDescription('packet-context', [links.common]);
  if (packetContext === undefined || !classes.isShown(packetContext)) return undefined;
  return fieldDescription(packetContext, classes, 'packet-context');
}

function describeEvent({ class: of, stream }: EventMessage, state: StreamState): EventDescription {
  const scopes = EVENT_SCOPES.map(([scope]) => {
    const { root, classes, isShown } = scopeOf(scope, of, stream);
    return isShown ? fieldDescription(root!, classes, scope) : undefined;
  });
  const description = { title: eventTitle(of), scopes };
  state.events.set(of, description);
  return description;
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
