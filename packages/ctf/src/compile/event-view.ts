import { type ClockCycles, type Instant, type Nanoseconds, nanosecondsOf } from '@ringtail/base';
import type { DataStream, EventMessage, PacketFields } from '../decode/messages.ts';
import { decodeText } from '../decode/text.ts';
import type { FieldValue } from '../decode/values.ts';
import type { EventRecordClass } from '../model/trace-class.ts';

/** The event that a visitor is shown. One object serves all events: copy the values that you keep. */
export class EventView implements Instant {
  /** Where the event comes from. @internal */
  source!: { readonly stream: DataStream; readonly packet: PacketFields };
  /** Its class among `classes`: to store a small number costs less than to store an object. @internal */
  classIdx = 0;
  /** @internal */
  readonly classes: EventRecordClass[] = [];
  /** Whole seconds since the origin of the clock class; zero where there is no clock. */
  seconds = 0;
  nanoseconds = 0;
  /** Size of the event record, its header included. A fraction if the record does not end with a whole byte. */
  bytes = 0;
  /** Negative zero makes this a field for floating point numbers from the start, see `LoopRun`. @internal */
  high = -0;
  /** @internal */
  low = -0;
  /** @internal */
  isStopped = false;

  get stream(): DataStream {
    return this.source.stream;
  }

  get packet(): PacketFields {
    return this.source.packet;
  }

  get class(): EventRecordClass {
    return this.classes[this.classIdx]!;
  }

  get name(): string {
    return this.class.name;
  }

  /** Nanoseconds since the origin of the clock class. Makes a bigint. */
  get at(): Nanoseconds {
    return nanosecondsOf(this) as Nanoseconds;
  }

  /** The value of the clock. Makes a bigint. */
  get cycles(): ClockCycles {
    return ((BigInt(this.high) << 32n) | BigInt(this.low)) as ClockCycles;
  }

  /** No further events are wanted. */
  stop(): void {
    this.isStopped = true;
  }

  /** Place of a class among `classes`. @internal */
  indexOf(eventRecordClass: EventRecordClass): number {
    const found = this.classes.indexOf(eventRecordClass);
    return found === -1 ? this.classes.push(eventRecordClass) - 1 : found;
  }

  /** @internal */
  show(event: EventMessage): void {
    this.source = event;
    this.classIdx = this.indexOf(event.class);
    this.seconds = event.seconds;
    this.nanoseconds = event.nanoseconds;
    this.bytes = event.bits / 8;
    this.high = Number(event.cycles >> 32n);
    this.low = Number(event.cycles & 0xffff_ffffn);
  }
}

const NO_SOURCE = { bytes: new Uint8Array(0) };

/** A text that a visitor is shown, as bytes. It lives until the handler returns: copy the text that you keep. */
export class TextView {
  /** Has the bytes: a cursor lives long, which makes storing it cheap; windows of bytes come and go. @internal */
  source: { readonly bytes: Uint8Array } = NO_SOURCE;
  /** Of the text's first byte in `bytes`. */
  start = 0;
  /** Behind the text's last byte in `bytes`. */
  end = 0;

  get bytes(): Uint8Array {
    return this.source.bytes;
  }

  /** Bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Makes a string; bytes that are no UTF-8 are lone surrogates, see `encodeText`. */
  toString(): string {
    return decodeText(this.bytes, this.start, this.end);
  }

  /** Whether it consists of these bytes, without a string being made. */
  equals(bytes: Uint8Array): boolean {
    if (bytes.length !== this.length) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== this.bytes[this.start + i]) return false;
    return true;
  }
}

/** A field as a handler receives it: texts are views, all others are as in messages, see {@link FieldValue}. */
export type VisitedField = Exclude<FieldValue, string> | TextView;

/**
 * A handler for the events of one name.
 *
 * `fields` are names of payload members, of common context members after `$ctx.`, or of specific context members after
 * `$event.`. Without `fields`, `handle` receives all members of the payload. A field that an event lacks is undefined.
 */
export interface EventHandler {
  readonly fields?: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: handlers know the types of the fields they ask for
  handle(event: EventView, ...fields: any[]): void;
}

/**
 * Chooses the handler for the events of a class, in the data streams of one class. It is called before the first such
 * event, and may be called again later.
 *
 * @returns undefined if the events are not wanted
 */
export type HandlerChoice = (of: EventRecordClass, stream: DataStream) => EventHandler | undefined;

/** Handlers by the name of events. The handler of `*` receives all other events. */
export type EventHandlers = Readonly<Record<string, EventHandler | EventHandler['handle']>>;
