import { visibleLine } from '@ringtail/base/text';
import type { DataStream, EventRecordClass, FieldScope, StructureFieldClass } from '@ringtail/ctf';
import {
  type CodeWriter,
  compileEventLoop,
  type DataStreamDecoder,
  type EventLoop,
  type EventLoopSink,
  type Links,
  RecordCode,
  type RecordCodeContext,
  type StreamPosition,
} from '@ringtail/ctf/internal';
import { PaddedText, packetTextOf } from '../text/padded-text.ts';
import type { TextBuffer } from '../text/text-buffer.ts';
import { copyPadded, storeText, TextCode } from '../text/text-code.ts';
import { copyConstants, type TextEscapes } from '../text/text-escapes.ts';
import { ClassDescription } from './describe-class.ts';
import { putNineGrouped } from './details-bytes.ts';
import { DETAILS_CONSTANTS, DetailsCode } from './details-code.ts';
import { detailsInteger } from './details-number.ts';

/** The begin of an event's description, behind its time and data stream. */
export function eventTitle({ name, id }: EventRecordClass): string {
  return `Event${name === '' ? '' : ` \`${visibleLine(name)}\``} (Class ID ${detailsInteger(id)})`;
}

/** The scopes of an event that may be described, and their labels. */
export const EVENT_SCOPES: readonly (readonly [FieldScope, string])[] = [
  ['event-record-common-context', '  Common context:'],
  ['event-record-specific-context', '  Specific context:'],
  ['event-record-payload', '  Payload:'],
];

/** The classes of an event in a scope, if it has that scope, and any field of it is shown. */
export function scopeOf(scope: FieldScope, of: EventRecordClass, { class: streamClass, links }: DataStream) {
  const [root, own]: [StructureFieldClass | undefined, readonly Links[]] =
    scope === 'event-record-common-context'
      ? [streamClass.eventRecordCommonContext, [links.common]]
      : [
          scope === 'event-record-payload' ? of.payload : of.specificContext,
          [links.eventRecordClasses.get(of)!, links.common],
        ];
  const classes = new ClassDescription(scope, own);
  return { root, classes, isShown: root !== undefined && classes.isShown(root) };
}

/** Generates the loop that describes the events of a data stream class; undefined where it cannot be. */
export function detailsLoop(
  decoder: DataStreamDecoder,
  stream: DataStream,
  buffer: TextBuffer,
  escapes: TextEscapes,
  tagOf: (stream: DataStream) => string,
): EventLoop | undefined {
  return compileEventLoop(decoder, new DetailsLoopSink(stream, buffer, escapes, tagOf));
}

class DetailsLoopSink implements EventLoopSink {
  readonly constants: ReadonlyMap<string, unknown>;
  readonly parameters = 'o, tagView, tagLength';
  readonly begin = 'const { view: secondView, length: secondLength } = second;\nlet o = T.at, done = o;';
  readonly enterStream = 'const { view: tagView, length: tagLength } = position.prepared;';
  readonly beforeEach: string;
  readonly afterEach = 'done = T.at;';
  readonly end = 'T.at = done;';
  readonly #stream: DataStream;
  readonly #buffer: TextBuffer;
  readonly #escapes: TextEscapes;
  readonly #tagOf: (stream: DataStream) => string;
  /** Whole seconds since the origin, as text. */
  readonly #second = new PaddedText();
  #secondOfText = Number.NaN;

  constructor(stream: DataStream, buffer: TextBuffer, escapes: TextEscapes, tagOf: (stream: DataStream) => string) {
    this.#escapes = escapes;
    this.#stream = stream;
    this.#buffer = buffer;
    this.#tagOf = tagOf;
    this.constants = new Map<string, unknown>(
      Object.entries({
        ...DETAILS_CONSTANTS,
        ...copyConstants(escapes),
        T: buffer,
        O: buffer.bytes,
        D: buffer.view,
        LIMIT: buffer.limit,
        second: this.#second,
        putNineGrouped,
      }),
    );
    const time = [
      storeText('\n['),
      'o = putTwoWordsGrouped(D, o, high, low);',
      storeText(' cycles, '),
      copyPadded('secondView', 'secondLength'),
      'o = putNineGrouped(D, o, nanoseconds);',
      storeText(' ns from origin]\n'),
    ];
    const flush = 'o = done; if (o >= T.flushAt) { stop = PAUSE; break; }';
    this.beforeEach = [flush, ...(stream.clockClass === undefined ? [storeText('\n')] : time)].join('\n');
  }

  prepare(seconds: number, position: StreamPosition): boolean {
    packetTextOf(position, () => this.#tagOf(position.stream));
    if (this.#stream.clockClass === undefined) return true;
    // Fewer nanoseconds have fewer digits.
    if (seconds <= 0) return false;
    if (seconds !== this.#secondOfText) {
      this.#secondOfText = seconds;
      this.#second.set(String(seconds).replace(/\B(?=(\d{3})+$)/g, ','));
    }
    return true;
  }

  resume(): boolean {
    this.#buffer.flush();
    return this.#buffer.isWanted;
  }

  writeRecord(eventRecordClass: EventRecordClass, code: CodeWriter, context: RecordCodeContext): void {
    const record = new RecordCode(code, context);
    const out = new TextCode(code);
    out.check();
    code.line(copyPadded('tagView', 'tagLength'));
    const scopes = EVENT_SCOPES.map(([scope, label]) => ({
      scope,
      label,
      ...scopeOf(scope, eventRecordClass, this.#stream),
    }));
    out.text(`${eventTitle(eventRecordClass)}:\n`);
    for (const { scope, label, root, classes, isShown } of scopes) {
      if (root === undefined) continue;
      if (!isShown) {
        record.skip(root, scope);
        continue;
      }
      out.text(label);
      new DetailsCode(code, record, out, classes, this.#escapes).field(root, scope, '  ');
      out.text('\n');
    }
    out.flush();
    record.finish();
    code.line('T.at = o;');
  }
}
