import type { DataStream, EventRecordClass, FieldScope, StructureFieldClass } from '@ringtail/ctf';
import {
  type CodeWriter,
  compileEventLoop,
  type DataStreamDecoder,
  type EventLoop,
  type EventLoopSink,
  RecordCode,
  type RecordCodeContext,
  type StreamPosition,
} from '@ringtail/ctf/internal';
import { PaddedText, packetTextOf } from '../text/padded-text.ts';
import type { TextBuffer } from '../text/text-buffer.ts';
import { copyPadded, storeText, TextCode } from '../text/text-code.ts';
import type { EventLine } from './event-line.ts';
import { headerText } from './header-text.ts';
import { LineCode, lineConstants, storeNineDigits } from './line-code.ts';
import type { PrettyStyle } from './pretty-style.ts';
import { deltaText, type TimeFormat } from './pretty-time.ts';

/** Longer texts of packets are left to the general printer. */
const PACKET_TEXT_BYTES_MAX = 2048;

/** State that the lines of all data streams share: the time of the last event, and the text of the current second. */
export class LineTime {
  /** NaN before the first event. */
  seconds = Number.NaN;
  nanoseconds = 0;
  readonly #format: TimeFormat;
  readonly #prefix: string;
  #second = Number.NaN;
  /** The text from the start of a line to the point. */
  readonly #text = new PaddedText();

  /** @param prefix text at the start of a line */
  constructor(format: TimeFormat, prefix: string) {
    this.#format = format;
    this.#prefix = prefix;
  }

  get view(): DataView {
    return this.#text.view;
  }

  get length(): number {
    return this.#text.length;
  }

  /** Renews the text for a second. */
  renew(second: number): void {
    if (second === this.#second) return;
    this.#second = second;
    this.#text.set(`${this.#prefix}${this.#format.ofSecond(second)}.`);
  }

  /** The seconds of a difference that is not below one second. */
  deltaText(fromSeconds: number, fromNanoseconds: number, seconds: number, nanoseconds: number): string {
    const from = Number.isNaN(fromSeconds) ? undefined : { seconds: fromSeconds, nanoseconds: fromNanoseconds };
    return deltaText(from, { seconds, nanoseconds });
  }
}

/** The parts from which the lines of a data stream are made. */
export interface LineLoopParts {
  readonly stream: DataStream;
  readonly decoder: DataStreamDecoder;
  readonly style: PrettyStyle;
  readonly line: EventLine;
  readonly buffer: TextBuffer;
  readonly time: LineTime;
  /** Whether lines contain the time since the line before. */
  readonly delta: boolean;
}

/** Generates the loop that prints the events of a data stream class; undefined where it cannot be. */
export function lineLoop(parts: LineLoopParts): EventLoop | undefined {
  return compileEventLoop(parts.decoder, new LineLoopSink(parts));
}

class LineLoopSink implements EventLoopSink {
  readonly constants: ReadonlyMap<string, unknown>;
  readonly parameters = 'o, packetView, packetLength';
  readonly begin = [
    'const { view: timeView, length: timeLength } = time;',
    'let o = T.at, done = o;',
    'let previousSeconds = time.seconds, previousNanoseconds = time.nanoseconds;',
  ].join('\n');
  readonly enterStream = 'const { view: packetView, length: packetLength } = position.prepared;';
  readonly beforeEach: string;
  readonly afterEach: string;
  readonly end = 'T.at = done; time.seconds = previousSeconds; time.nanoseconds = previousNanoseconds;';
  readonly #parts: LineLoopParts;

  constructor(parts: LineLoopParts) {
    this.#parts = parts;
    const { buffer, time, stream } = parts;
    this.constants = new Map<string, unknown>([...lineConstants(buffer), ['time', time]]);
    const flush = 'o = done; if (o >= T.flushAt) { stop = PAUSE; break; }';
    const hasClock = stream.clockClass !== undefined;
    this.beforeEach = hasClock ? `${flush}\n${this.#timeCode()}` : flush;
    this.afterEach = hasClock
      ? 'done = T.at; previousSeconds = seconds; previousNanoseconds = nanoseconds;'
      : 'done = T.at;';
  }

  prepare(seconds: number, position: StreamPosition): boolean {
    const { stream, time, line } = this.#parts;
    const packetText = packetTextOf(position, () => line.packetText(position.packet));
    if (packetText.length > PACKET_TEXT_BYTES_MAX) return false;
    if (stream.clockClass === undefined) return true;
    if (seconds < 0) return false;
    time.renew(seconds);
    return true;
  }

  resume(): boolean {
    const { buffer } = this.#parts;
    buffer.flush();
    return buffer.isWanted;
  }

  writeRecord(eventRecordClass: EventRecordClass, code: CodeWriter, context: RecordCodeContext): void {
    const { stream, style, line } = this.#parts;
    const record = new RecordCode(code, context);
    const out = new TextCode(code);
    const fields = new LineCode(code, record, out);
    out.check();
    out.text(headerText(stream, eventRecordClass, style));
    let separator = '';
    if (line.scope('packet-context', stream.class.packetContext) !== undefined) {
      out.flush();
      code.line(copyPadded('packetView', 'packetLength'));
      separator = ', ';
    }
    const own = context.links.slice(0, 1);
    const add = (scope: FieldScope, root: StructureFieldClass | undefined, links = own) => {
      const shown = line.scope(scope, root, links);
      if (shown !== undefined) {
        out.text(separator);
        fields.scope(shown);
        separator = ', ';
      } else if (root !== undefined) {
        record.skip(root, scope);
      }
    };
    add('event-record-common-context', stream.class.eventRecordCommonContext, []);
    add('event-record-specific-context', eventRecordClass.specificContext);
    add('event-record-payload', eventRecordClass.payload);
    out.text('\n');
    out.flush();
    record.finish();
    code.line('T.at = o;');
  }

  /** From the start of the line to the header. */
  #timeCode(): string {
    const { style, delta } = this.#parts;
    const { palette } = style;
    const { afterTime, beforeDelta, afterDelta } = timeFrame(style);
    const lines = [
      copyPadded('timeView', 'timeLength'),
      storeNineDigits('nanoseconds'),
      storeText(palette.reset + afterTime + (delta ? beforeDelta : '')),
    ];
    if (delta) {
      lines.push(
        'const difference = nanoseconds - previousNanoseconds, borrow = difference >>> 31;',
        'const deltaNanoseconds = difference + borrow * 1000000000;',
        `if (seconds - previousSeconds === borrow) { ${storeText('+0.')}`,
        storeNineDigits('deltaNanoseconds'),
        '} else {',
        'o = putAscii(D, o, time.deltaText(previousSeconds, previousNanoseconds, seconds, nanoseconds));',
        '}',
        storeText(afterDelta),
      );
    }
    return lines.join('\n');
  }
}

/** Text around the time of an event and the time since the event before. */
export function timeFrame({ names, palette }: PrettyStyle) {
  const name = (text: string) => `${palette.name}${text}${palette.name === '' ? '' : palette.reset} = `;
  return names.header
    ? { beforeTime: name('timestamp'), afterTime: '', beforeDelta: `, ${name('delta')}`, afterDelta: '' }
    : { beforeTime: '[', afterTime: '] ', beforeDelta: '(', afterDelta: ') ' };
}
