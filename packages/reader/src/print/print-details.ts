import { type Instant, nanosecondsOf } from '@ringtail/base';
import { visibleLine } from '@ringtail/base/text';
import type {
  BoundaryMessage,
  ClockClass,
  DataStream,
  EventMessage,
  EventRecordClass,
  FieldValue,
  LossMessage,
  Message,
} from '@ringtail/ctf';
import { ClockValue, type DataStreamDecoder, type EventLoop } from '@ringtail/ctf/internal';
import type { MessageConsumer } from '../merge/message-merge.ts';
import type { TraceReader } from '../trace-reader.ts';
import { ClassDescription } from './details/describe-class.ts';
import { fieldDescription } from './details/describe-field.ts';
import { describeTrace, describeTraceClass } from './details/describe-trace.ts';
import { detailsLoop, EVENT_SCOPES, eventTitle, scopeOf } from './details/details-loop.ts';
import { detailsInteger } from './details/details-number.ts';
import { DETAILS_TEXT, SHOWN_TEXT } from './details/details-text.ts';
import { TextBuffer } from './text/text-buffer.ts';
import type { TextEscapes } from './text/text-escapes.ts';
import type { TextSink } from './text-sink.ts';

/**
 * Prints every message with all its fields, and the content of the metadata, as Babeltrace's `sink.text.details` does.
 *
 * @param reader opened with `boundaries`
 * @param forTerminal whether a person reads the text on a terminal: line feeds in texts are then escaped as well
 */
export function printDetails(reader: TraceReader, sink: TextSink, { forTerminal = false } = {}): void {
  const printer = new DetailsPrinter(reader, sink, forTerminal ? SHOWN_TEXT : DETAILS_TEXT);
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

/** A data stream of the opened traces. */
interface OpenStream {
  readonly traceIdx: number;
  /** Tag of messages without a time. It says that the time is unknown, if the data stream has a clock. */
  readonly untimed: string;
}

/**
 * Descriptions of messages of one data stream class in one data stream: a file may contain packets of several classes.
 */
interface StreamDescription {
  readonly tag: string;
  readonly clock: ClockValue | undefined;
  readonly packetContext: Describe | undefined;
  readonly events: Map<EventRecordClass, EventDescription>;
}

class DetailsPrinter implements MessageConsumer {
  readonly #reader: TraceReader;
  readonly #buffer: TextBuffer;
  readonly #escapes: TextEscapes;
  readonly #loops = new Map<DataStreamDecoder, EventLoop | undefined>();
  /** Data streams that have not ended, by their names. */
  readonly #open = new Map<string, OpenStream>();
  readonly #descriptions = new Map<DataStream, StreamDescription>();
  #isFirst = true;

  constructor(reader: TraceReader, sink: TextSink, escapes: TextEscapes) {
    this.#reader = reader;
    this.#escapes = escapes;
    this.#buffer = new TextBuffer(sink);
  }

  get isWanted(): boolean {
    return this.#buffer.isWanted;
  }

  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined {
    if (!this.#loops.has(decoder)) {
      const tagOf = (of: DataStream) => this.#describe(of).tag;
      this.#loops.set(decoder, detailsLoop(decoder, stream, this.#buffer, this.#escapes, tagOf));
    }
    return this.#loops.get(decoder);
  }

  begin(): void {
    for (const [traceIdx, trace] of this.#reader.traces.entries()) {
      for (const [i, { class: of, id, sources, decoder }] of trace.streams.entries()) {
        if (i === 0) this.#write(describeTraceClass(trace));
        const hasClock = of !== undefined && decoder.dataStreamDecoder(of.id)?.clockClass !== undefined;
        const name = sources[0]!.name;
        const untimed = `${hasClock ? '[Unknown]\n' : ''}${tagOf(traceIdx, of?.id ?? 0n, id)}`;
        this.#write(`${untimed}Stream beginning:\n  Name: ${visibleLine(name)}\n${describeTrace(trace)}`);
        this.#open.set(name, { traceIdx, untimed });
      }
    }
  }

  take(message: Message | BoundaryMessage): void {
    const description = this.#describe(message.stream);
    switch (message.kind) {
      case 'event':
        this.#event(message, description);
        break;
      case 'packet-begin':
        this.#packetBegin(message, description);
        break;
      case 'packet-end':
        this.#write(`${cyclesLine(message, description, message.cycles)}${description.tag}Packet end\n`);
        break;
      default:
        this.#loss(message, description);
    }
  }

  takeEnd(stream: DataStream): void {
    this.#write(`${this.#open.get(stream.name)!.untimed}Stream end\n`);
    this.#open.delete(stream.name);
  }

  end(): void {
    // Data streams without any message.
    for (const { untimed } of this.#open.values()) this.#write(`${untimed}Stream end\n`);
  }

  flush(): void {
    this.#buffer.flush();
  }

  #write(block: string): void {
    this.#buffer.append(this.#isFirst ? block : `\n${block}`);
    this.#isFirst = false;
  }

  #describe(stream: DataStream): StreamDescription {
    let description = this.#descriptions.get(stream);
    if (description === undefined) {
      description = {
        tag: tagOf(this.#open.get(stream.name)!.traceIdx, stream.class.id, stream.id),
        clock: stream.clockClass && new ClockValue(stream.clockClass),
        packetContext: describePacketContext(stream, this.#escapes),
        events: new Map(),
      };
      this.#descriptions.set(stream, description);
    }
    return description;
  }

  #packetBegin(message: BoundaryMessage, stream: StreamDescription): void {
    const context = stream.packetContext?.(message.packet.context, '  ');
    const text = context === undefined ? '' : `:\n  Context:${context}`;
    this.#write(`${cyclesLine(message, stream, message.cycles)}${stream.tag}Packet beginning${text}\n`);
  }

  #event(event: EventMessage, stream: StreamDescription): void {
    const { title, scopes } = stream.events.get(event.class) ?? describeEvent(event, stream, this.#escapes);
    const values = [event.commonContext, event.specificContext, event.payload];
    let text = '';
    for (const [i, [, label]] of EVENT_SCOPES.entries()) {
      const describe = scopes[i];
      if (describe !== undefined) text += `${label}${describe(values[i], '  ')}\n`;
    }
    const time = stream.clock === undefined ? '' : cyclesLine(event, stream, event.cycles);
    this.#write(`${time}${stream.tag}${title}:\n${text}`);
  }

  #loss({ kind, count, range, stream: { clockClass } }: LossMessage, stream: StreamDescription): void {
    const what = kind === 'discarded-events' ? 'events' : 'packets';
    const times =
      range === undefined || clockClass === undefined
        ? ''
        : instantLine(range.begin, clockClass, stream) + instantLine(range.end, clockClass, stream);
    const amount = count === undefined ? '' : ` (${detailsInteger(count)} ${what})`;
    this.#write(`${times}${stream.tag}Discarded ${what}${amount}\n`);
  }
}

function tagOf(traceIdx: number, classId: bigint, id: bigint): string {
  return `{Trace ${traceIdx}, Stream class ID ${classId}, Stream ID ${id}}\n`;
}

function describePacketContext(
  { class: { packetContext }, links }: DataStream,
  escapes: TextEscapes,
): Describe | undefined {
  const classes = new ClassDescription('packet-context', [links.common]);
  if (packetContext === undefined || !classes.isShown(packetContext)) return undefined;
  return fieldDescription(packetContext, classes, 'packet-context', escapes);
}

function describeEvent(
  { class: of, stream }: EventMessage,
  { events }: StreamDescription,
  escapes: TextEscapes,
): EventDescription {
  const scopes = EVENT_SCOPES.map(([scope]) => {
    const { root, classes, isShown } = scopeOf(scope, of, stream);
    return isShown ? fieldDescription(root!, classes, scope, escapes) : undefined;
  });
  const description = { title: eventTitle(of), scopes };
  events.set(of, description);
  return description;
}

function cyclesLine(instant: Instant, { clock }: StreamDescription, cycles: bigint | undefined): string {
  if (clock === undefined || cycles === undefined) return '';
  return `[${detailsInteger(cycles)} cycles, ${detailsInteger(nanosecondsOf(instant))} ns from origin]\n`;
}

/** Losses know their times, and not the values of the clock. */
function instantLine(instant: Instant, { frequency }: ClockClass, stream: StreamDescription): string {
  const elapsed = nanosecondsOf(instant) - stream.clock!.toNanoseconds(0n);
  return cyclesLine(instant, stream, (elapsed * frequency + 999_999_999n) / 1_000_000_000n);
}
