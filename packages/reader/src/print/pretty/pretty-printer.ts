import type { Instant } from '@ringtail/base';
import type { DataStream, EventMessage, LossMessage, Message } from '@ringtail/ctf';
import type { DataStreamDecoder, EventLoop } from '@ringtail/ctf/internal';
import type { MessageConsumer } from '../../merge/message-merge.ts';
import type { TextBuffer } from '../text/text-buffer.ts';
import type { WarningSink } from '../text-sink.ts';
import { EventLine } from './event-line.ts';
import { LineTime, lineLoop, timeFrame } from './line-loop.ts';
import { lossLine } from './loss-line.ts';
import { type PrettyFields, type PrettyNames, type PrettyStyle, prettyStyle } from './pretty-style.ts';
import { cyclesDeltaText, cyclesText, deltaText, TimeFormat } from './pretty-time.ts';

export interface PrettyOptions {
  /** Times in UTC instead of the local time zone. */
  readonly utc?: boolean | undefined;
  /** Dates before times of day. */
  readonly clockDate?: boolean | undefined;
  /** Seconds since the clock's origin instead of times of day. */
  readonly clockSeconds?: boolean | undefined;
  /** Values of the clock instead of times. */
  readonly clockCycles?: boolean | undefined;
  /** Whether to print how long after the event before an event happened. True if absent. */
  readonly delta?: boolean | undefined;
  readonly names?: PrettyNames | undefined;
  readonly fields?: PrettyFields | undefined;
  /** Escape sequences that colour terminals. */
  readonly colors?: boolean | undefined;
  /** Receives warnings about losses. Without it they are left out. */
  readonly warnings?: WarningSink | undefined;
}

/** Prints the messages it is given, events mostly through generated code. @internal */
export class PrettyPrinter implements MessageConsumer {
  #eventCount = 0;
  #first: Instant | undefined;
  readonly #options: PrettyOptions;
  readonly #style: PrettyStyle;
  readonly #buffer: TextBuffer;
  readonly #timeFormat: TimeFormat;
  readonly #time: LineTime;
  readonly #frame: ReturnType<typeof timeFrame>;
  readonly #lines = new Map<DataStream, EventLine>();
  readonly #loops = new Map<DataStreamDecoder, EventLoop | undefined>();
  #previousCycles: bigint | undefined;

  constructor(buffer: TextBuffer, options: PrettyOptions) {
    this.#options = options;
    this.#style = prettyStyle(options);
    this.#buffer = buffer;
    const { utc, clockDate: date, clockSeconds: seconds, warnings } = options;
    this.#timeFormat = new TimeFormat({ utc, date, seconds }, (line) => warnings?.write(line));
    this.#frame = timeFrame(this.#style);
    this.#time = new LineTime(this.#timeFormat, this.#frame.beforeTime + this.#style.palette.timestamp);
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  get isWanted(): boolean {
    return this.#buffer.isWanted;
  }

  /** Time of the first event. */
  get first(): Instant | undefined {
    return this.#first;
  }

  /** Time of the last event. */
  get last(): Instant | undefined {
    const { seconds, nanoseconds } = this.#time;
    return Number.isNaN(seconds) ? undefined : { seconds, nanoseconds };
  }

  /** Forgets the printed events, except for the time of an event at `previous`, if that is known. */
  restart(previous?: Instant): void {
    this.#eventCount = 0;
    this.#first = undefined;
    this.#time.seconds = previous?.seconds ?? Number.NaN;
    this.#time.nanoseconds = previous?.nanoseconds ?? 0;
    this.#previousCycles = undefined;
  }

  take(message: Message): void {
    if (message.kind === 'event') {
      this.#first ??= { seconds: message.seconds, nanoseconds: message.nanoseconds };
      this.#buffer.append(this.#eventLine(message));
      this.#eventCount++;
    } else {
      this.#warnOf(message as LossMessage);
    }
  }

  #warnOf(message: LossMessage): void {
    const { kind, count, stream } = message;
    const line = lossLine(message, this.#timeFormat, this.#style.palette);
    this.#options.warnings?.write(line, { kind, count, stream: stream.name });
  }

  finish(): void {
    this.#buffer.flush();
  }

  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined {
    // The first event has to come as a message, which contains its time.
    if (this.#first === undefined) return undefined;
    if (this.#loops.has(decoder)) return this.#loops.get(decoder);
    const loop = this.#options.clockCycles ? undefined : this.#compileLoop(decoder, stream);
    const counting: EventLoop | undefined =
      loop &&
      ((heap, position) => {
        const count = loop(heap, position);
        this.#eventCount += count;
        return count;
      });
    this.#loops.set(decoder, counting);
    return counting;
  }

  #compileLoop(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined {
    return lineLoop({
      stream,
      decoder,
      style: this.#style,
      line: this.#lineOf(stream),
      buffer: this.#buffer,
      time: this.#time,
      delta: this.#options.delta ?? true,
    });
  }

  #lineOf(stream: DataStream): EventLine {
    let line = this.#lines.get(stream);
    if (line === undefined) {
      line = new EventLine(stream, this.#style);
      this.#lines.set(stream, line);
    }
    return line;
  }

  #eventLine(event: EventMessage): string {
    const text = this.#lineOf(event.stream).text(event);
    if (event.stream.clockClass === undefined) return text;
    const { palette } = this.#style;
    const { beforeTime, afterTime, beforeDelta, afterDelta } = this.#frame;
    const time = this.#options.clockCycles ? cyclesText(event.cycles) : this.#timeFormat.text(event);
    const delta = this.#deltaText(event);
    const timePart = `${beforeTime}${palette.timestamp}${time}${palette.reset}${afterTime}`;
    return this.#options.delta === false ? timePart + text : `${timePart}${beforeDelta}${delta}${afterDelta}${text}`;
  }

  #deltaText(event: EventMessage): string {
    if (this.#options.clockCycles) {
      const former = this.#previousCycles;
      this.#previousCycles = event.cycles;
      return cyclesDeltaText(former, event.cycles);
    }
    const time = this.#time;
    const former = this.last;
    time.seconds = event.seconds;
    time.nanoseconds = event.nanoseconds;
    return deltaText(former, event);
  }
}
