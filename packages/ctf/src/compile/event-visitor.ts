import type { DataStreamDecoder } from '../decode/data-stream-decoder.ts';
import type { DataStreamReader } from '../decode/data-stream-reader.ts';
import type { DataStream, EventMessage, Message } from '../decode/messages.ts';
import { encodeText } from '../decode/text.ts';
import { type EventLoop, type EventLoops, Turn, TurnHeap } from '../decode/turn-heap.ts';
import type { FieldValue, StructureValue } from '../decode/values.ts';
import { isTextElement, isUtf8 } from '../model/class-facts.ts';
import type {
  DynamicArrayFieldClass,
  FieldClass,
  FieldScope,
  StaticArrayFieldClass,
  StructureFieldClass,
} from '../model/field-class.ts';
import { elementPlace, memberPlace } from '../model/field-place.ts';
import type { EventRecordClass } from '../model/trace-class.ts';
import type { CodeWriter } from './code-writer.ts';
import { compileEventLoop, type EventLoopSink } from './event-loop.ts';
import {
  type EventHandler,
  type EventHandlers,
  EventView,
  type HandlerChoice,
  TextView,
  type VisitedField,
} from './event-view.ts';
import { containerOf, RecordCode, type RecordCodeContext } from './record-code.ts';

/** Where a handler's argument comes from. */
interface WantedField {
  readonly scope: FieldScope;
  readonly name: string;
}

const SCOPES: readonly FieldScope[] = [
  'event-record-common-context',
  'event-record-specific-context',
  'event-record-payload',
];

const PREFIXES: readonly (readonly [string, FieldScope])[] = [
  ['$ctx.', 'event-record-common-context'],
  ['$event.', 'event-record-specific-context'],
];

/**
 * Shows events to handlers, one after the other, without making an object for any of them.
 *
 * Numbers are passed as they are, texts as views; arrays, structures and other fields of many parts are made as for
 * messages.
 *
 * ```ts
 * visitEvents(openTraces('/tmp/trace'), {
 *   'shop:order': (event, id, customer) => { total += id; },
 *   'shop:payment': { fields: ['amount', '$ctx.vtid'], handle(event, amount, vtid) { … } },
 *   '*': (event) => { others++; },
 * });
 * ```
 *
 * What a handler throws ends the visit; the reader cannot be used further then.
 */
export class EventVisitor implements EventLoops {
  readonly #handlerOf: HandlerChoice;
  readonly #view = new EventView();
  readonly #loops = new Map<DataStreamDecoder, EventLoop | undefined>();
  readonly #chosen = new Map<EventRecordClass, ChosenHandler | undefined>();
  readonly #onLoss: ((loss: Exclude<Message, EventMessage>) => void) | undefined;

  /** @param onLoss receives losses that the trace reports */
  constructor(handlers: EventHandlers | HandlerChoice, onLoss?: (loss: Exclude<Message, EventMessage>) => void) {
    this.#handlerOf = typeof handlers === 'function' ? handlers : (of) => handlerFor(handlers, of);
    this.#onLoss = onLoss;
  }

  get isWanted(): boolean {
    return !this.#view.isStopped;
  }

  /** Shows an event that was decoded already. */
  take(message: Message): void {
    if (message.kind !== 'event') {
      this.#onLoss?.(message);
      return;
    }
    const chosen = this.#choose(message);
    if (chosen === undefined) return;
    this.#view.show(message);
    chosen.handler.handle(this.#view, ...chosen.wanted.map((field) => visited(memberValue(message, field))));
  }

  #choose({ class: of, stream }: EventMessage): ChosenHandler | undefined {
    if (!this.#chosen.has(of)) {
      const handler = this.#handlerOf(of, stream);
      this.#chosen.set(of, handler && { handler, wanted: wantedFields(handler, of) });
    }
    return this.#chosen.get(of);
  }

  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined {
    if (!this.#loops.has(decoder)) {
      const sink = new VisitorSink((of) => this.#handlerOf(of, stream), this.#view, decoder);
      this.#loops.set(decoder, compileEventLoop(decoder, sink));
    }
    return this.#loops.get(decoder);
  }
}

/** A handler, and the fields that it receives of events of one class. */
interface ChosenHandler {
  readonly handler: EventHandler;
  readonly wanted: readonly WantedField[];
}

/**
 * Shows all events of one data stream to handlers.
 *
 * @throws {TraceFormatError} as `DataStreamReader.next` does, after everything before the damage
 */
export function visitDataStream(reader: DataStreamReader, handlers: EventHandlers): void {
  const visitor = new EventVisitor(handlers);
  const turn = new Turn(0);
  const heap = new TurnHeap();
  heap.push(turn);
  while (visitor.isWanted) {
    const next = reader.next();
    if (next.kind !== 'item') return;
    visitor.take(next.item);
    // Events of a single data stream come in the order of its bytes.
    turn.seconds = Number.NEGATIVE_INFINITY;
    reader.takeEvents(visitor, heap);
  }
}

class VisitorSink implements EventLoopSink {
  readonly constants: ReadonlyMap<string, unknown>;
  readonly begin = '';
  readonly enterStream: string;
  readonly beforeEach: string;
  readonly afterEach = '';
  readonly end = '';
  /** Of the event record's first byte. */
  readonly parameters = 'start';
  readonly #handlerOf: (of: EventRecordClass) => EventHandler | undefined;
  readonly #view: EventView;
  readonly #decoder: DataStreamDecoder;

  constructor(
    handlerOf: (of: EventRecordClass) => EventHandler | undefined,
    view: EventView,
    decoder: DataStreamDecoder,
  ) {
    this.#handlerOf = handlerOf;
    this.#view = view;
    this.#decoder = decoder;
    this.constants = new Map<string, unknown>([
      ['view', view],
      ['joinWords', joinWords],
    ]);
    this.enterStream =
      decoder.clockClass === undefined ? 'view.source = position;' : 'view.source = position; view.seconds = seconds;';
    const time = 'view.nanoseconds = nanoseconds; view.high = high; view.low = low;';
    this.beforeEach = `if (view.isStopped) break;\n${decoder.clockClass === undefined ? '' : time}`;
  }

  writeRecord(eventRecordClass: EventRecordClass, code: CodeWriter, context: RecordCodeContext): void {
    const handler = this.#handlerOf(eventRecordClass);
    const wanted = handler === undefined ? [] : wantedFields(handler, eventRecordClass);
    const values = new Map<string, string>();
    const record = new RecordCode(code, context);
    const writer = new ValueCode(code, record);
    for (const scope of SCOPES) {
      const root = rootOf(scope, eventRecordClass, this.#decoder);
      if (root === undefined) continue;
      record.structure(root);
      for (const { name, fieldClass } of root.members) {
        const place = memberPlace(scope, name);
        if (wanted.some((field) => field.scope === scope && field.name === name)) {
          values.set(place, writer.value(fieldClass, place));
        } else {
          record.skip(fieldClass, place);
        }
      }
    }
    record.finish();
    if (handler === undefined) return;
    code.line(`view.classIdx = ${this.#view.indexOf(eventRecordClass)}; view.bytes = p - start;`);
    const handlerName = code.constant('handler', handler);
    const args = wanted.map(({ scope, name }) => values.get(memberPlace(scope, name)) ?? 'undefined');
    code.line(`${handlerName}.handle(${['view', ...args].join(', ')});`);
  }
}

/** Writes the code that makes the values of fields as handlers get them. */
class ValueCode {
  readonly #code: CodeWriter;
  readonly #record: RecordCode;

  constructor(code: CodeWriter, record: RecordCode) {
    this.#code = code;
    this.#record = record;
  }

  /** @returns an expression */
  value(fieldClass: FieldClass, place: string): string {
    switch (fieldClass.kind) {
      case 'integer':
      case 'enumeration': {
        const integer = fieldClass.kind === 'integer' ? fieldClass : containerOf(fieldClass);
        const read = this.#record.integer(integer, place);
        if (read.width === 'word') return read.name;
        return `(${read.high} === 0 ? ${read.low} : joinWords(${read.high}, ${read.low}))`;
      }
      case 'float':
        return fieldClass.bits === 32 || fieldClass.bits === 64
          ? this.#record.float(fieldClass)
          : this.#general(fieldClass, place);
      case 'string':
        return isUtf8(fieldClass.encoding) ? this.#string() : this.#general(fieldClass, place);
      case 'static-array':
      case 'dynamic-array':
        return this.#array(fieldClass, place);
      default:
        return this.#general(fieldClass, place);
    }
  }

  #string(): string {
    const { start, end } = this.#record.nullTerminated();
    return this.#text(start, end);
  }

  #text(start: string, end: string): string {
    const text = this.#code.constant('text', new TextView());
    this.#code.line(`if (${text}.source !== cursor) ${text}.source = cursor;`);
    this.#code.line(`${text}.start = ${start}; ${text}.end = ${end};`);
    return text;
  }

  #array(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string): string {
    const { element } = fieldClass;
    if (isTextElement(element)) {
      if (element.kind !== 'integer' || !isUtf8(element.encoding)) return this.#general(fieldClass, place);
      const length = this.#record.textArray(fieldClass, place);
      const start = this.#code.local('start', 'p');
      this.#code.line(`p += ${length};`);
      const end = this.#code.fresh('textEnd');
      this.#code.line(`let ${end} = ${start}; while (${end} < p && u8[${end}] !== 0) ${end}++;`);
      return this.#text(start, end);
    }
    // Numbers of other sizes are compiled outside of arrays, if at all.
    if (![1, 2, 4, 8].includes(this.#record.elementBytes(element, elementPlace(place)) ?? 0)) {
      return this.#general(fieldClass, place);
    }
    const values = this.#code.fresh('values');
    const begin = (length: string) => {
      // Each element takes at least a byte, so no larger array is made than the record can hold.
      this.#code.line(`if (${length} > end - p) return -1;`);
      this.#code.line(`const ${values} = new Array(${length});`);
    };
    const each = (index: string) => {
      this.#code.line(`${values}[${index}] = ${this.value(element, elementPlace(place))};`);
    };
    this.#record.array(fieldClass, place, each, begin);
    return values;
  }

  #general(fieldClass: FieldClass, place: string): string {
    const value = this.#record.general(fieldClass, place);
    if (!isText(fieldClass)) return value;
    return `${this.#code.constant('visited', visited)}(${value})`;
  }
}

function isText(fieldClass: FieldClass): boolean {
  if (fieldClass.kind === 'static-array' || fieldClass.kind === 'dynamic-array')
    return isTextElement(fieldClass.element);
  return fieldClass.kind === 'string' || fieldClass.kind === 'optional' || fieldClass.kind === 'variant';
}

const words = new Int32Array(2);
const signedOfWords = new BigInt64Array(words.buffer);
const unsignedOfWords = new BigUint64Array(words.buffer);
const HIGH = new Int8Array(Int16Array.of(1).buffer)[0]!;

/** `high` is negative where the integer is. */
function joinWords(high: number, low: number): number | bigint {
  const value = high * 0x1_0000_0000 + low;
  if (Number.isSafeInteger(value)) return value;
  words[HIGH] = high;
  words[1 - HIGH] = low;
  return high < 0 ? signedOfWords[0]! : unsignedOfWords[0]!;
}

function visited(value: FieldValue): VisitedField {
  if (typeof value !== 'string') return value;
  const view = new TextView();
  const bytes = encodeText(value);
  view.source = { bytes };
  view.end = bytes.length;
  return view;
}

function handlerFor(handlers: EventHandlers, { name }: EventRecordClass): EventHandler | undefined {
  const handler = (Object.hasOwn(handlers, name) ? handlers[name] : undefined) ?? handlers['*'];
  return typeof handler === 'function' ? { handle: handler } : handler;
}

function wantedFields({ fields }: EventHandler, { payload }: EventRecordClass): readonly WantedField[] {
  const all = () => (payload?.members ?? []).map(({ name }) => name);
  return (fields ?? all()).map((name) => {
    const [prefix, scope] = (fields && PREFIXES.find(([p]) => name.startsWith(p))) ?? ['', 'event-record-payload'];
    return { scope: scope as FieldScope, name: name.slice(prefix.length) };
  });
}

function rootOf(
  scope: FieldScope,
  eventRecordClass: EventRecordClass,
  decoder: DataStreamDecoder,
): StructureFieldClass | undefined {
  switch (scope) {
    case 'event-record-common-context':
      return decoder.class.eventRecordCommonContext;
    case 'event-record-specific-context':
      return eventRecordClass.specificContext;
    default:
      return eventRecordClass.payload;
  }
}

function memberValue(event: EventMessage, { scope, name }: WantedField): FieldValue {
  let structure: StructureValue | undefined = event.payload;
  if (scope === 'event-record-common-context') structure = event.commonContext;
  else if (scope === 'event-record-specific-context') structure = event.specificContext;
  return structure !== undefined && Object.hasOwn(structure, name) ? structure[name] : undefined;
}
