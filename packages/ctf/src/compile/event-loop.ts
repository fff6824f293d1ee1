import type { Cursor } from '../decode/cursor.ts';
import type { DataStreamDecoder } from '../decode/data-stream-decoder.ts';
import type { DataStream, PacketFields } from '../decode/messages.ts';
import type { IntegerFieldClass } from '../model/field-class.ts';
import type { ClockClass, EventRecordClass } from '../model/trace-class.ts';
import { CodeWriter, evaluate, NotCompilable } from './code-writer.ts';
import { type IntegerCode, RecordCode, type RecordCodeContext } from './record-code.ts';

/** The place of a data stream among others in the order of time, and up to where its events have their turn. */
export class LoopTurn {
  /** Time of the event taken last, or of what came before it. Events never lie before it. */
  seconds = Number.NEGATIVE_INFINITY;
  nanoseconds = 0;
  /** Events later than this are left. */
  limitSeconds = Number.POSITIVE_INFINITY;
  limitNanoseconds = 0;
  /** Whether the next event was left because it is later than the limit; `seconds` and `nanoseconds` are then its time. */
  isLater = false;
}

/**
 * Takes event records from a cursor's window, one after the other, as long as generated code can.
 *
 * It stops before a record that is later than the turn's limit, that is not whole in the window, that is damaged or out of the
 * ordinary, or whenever the sink wants it to. Cursor and clock are then as if the general decoder had come there.
 *
 * @returns how many records it took
 */
export type EventLoop = (cursor: Cursor, turn: LoopTurn, packet: PacketFields) => number;

/** The loops of a consumer of events, one for each data stream class. */
export interface EventLoops {
  /** @returns undefined where the general decoder is to be used alone */
  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined;
}

/** What becomes of the fields: pieces of code around each event record, and a function for each class of them. */
export interface EventLoopSink {
  /** Values that the pieces of code refer to by name. */
  readonly constants: ReadonlyMap<string, unknown>;
  /** Statements before the first event record. May use `packet`. */
  readonly begin: string;
  /**
   * Statements before each event record, after its header. They may use `seconds` and `nanoseconds`, `high` and `low` (the clock),
   * and `break loop`, which leaves the record for later.
   */
  readonly beforeEach: string;
  /** Statements after each event record that was taken. */
  readonly afterEach: string;
  /** Statements at the end. */
  readonly end: string;
  /** Further arguments of the functions for event record classes. */
  readonly parameters: string;
  /** Writes the body of the function for an event record class, from common context to payload. */
  writeRecord(eventRecordClass: EventRecordClass, code: CodeWriter, context: RecordCodeContext): void;
}

/** Identifiers beyond are left to the general decoder: the table would be too large. */
const TABLE_ID_MAX = 0xffff;

const GIVE_UP_RECORD = 'return -1;';
const GIVE_UP_HEADER = 'break loop;';

/**
 * Generates the loop over the event records of a data stream class.
 *
 * @returns undefined where code generation is forbidden, or the class is out of the ordinary as a whole
 */
export function compileEventLoop(decoder: DataStreamDecoder, sink: EventLoopSink): EventLoop | undefined {
  try {
    return generate(decoder, sink);
  } catch (error) {
    if (error instanceof NotCompilable) return undefined;
    throw error;
  }
}

function generate(decoder: DataStreamDecoder, sink: EventLoopSink): EventLoop | undefined {
  const constants = new Map(sink.constants);
  const code = new CodeWriter(constants);
  const compiler = new RecordCompiler(decoder, sink);
  const table = code.constant('records', recordTable(decoder, compiler));
  code.line('return function eventLoop(cursor, turn, packet) {');
  code.line('const { bytes: u8, view: dv, slots, clock } = cursor;');
  code.line('const end = Math.floor(cursor.end / 8);');
  code.line('if (cursor.at % 8 !== 0) return 0;');
  code.line('let p = cursor.at / 8, start = p, count = 0;');
  const hasClock = decoder.clockClass !== undefined;
  if (hasClock) {
    code.line('let high = clock.high, low = clock.low, startHigh = high, startLow = low;');
    code.line('let { seconds: turnSeconds, nanoseconds: turnNanoseconds } = turn;');
    code.line('const { limitSeconds, limitNanoseconds } = turn;');
    code.line('turn.isLater = false;');
  }
  code.line('let seconds = 0, nanoseconds = 0;');
  if (hasClock) code.line('let secondHigh = -1, secondLow = 0;');
  code.line(sink.begin);
  code.line('loop: for (;;) {');
  code.line('start = p;');
  if (hasClock) code.line('startHigh = high; startLow = low;');
  code.line('let id = -1;');
  writeHeader(decoder, code);
  if (decoder.clockClass !== undefined) writeTime(code, decoder.clockClass);
  code.line(sink.beforeEach);
  code.line(`if (id + 1 >= ${table}.length) break;`);
  code.line(`p = ${table}[id + 1](${compiler.parameters});`);
  code.line('if (p === -1 || p === start) break;');
  code.line(sink.afterEach);
  if (hasClock) code.line('turnSeconds = seconds; turnNanoseconds = nanoseconds;');
  code.line('count++;');
  code.line('}');
  code.line(sink.end);
  code.line('cursor.at = start * 8;');
  if (hasClock) {
    code.line('clock.high = startHigh; clock.low = startLow;');
    code.line('if (!turn.isLater) { turn.seconds = turnSeconds; turn.nanoseconds = turnNanoseconds; }');
  }
  code.line('return count;');
  code.line('}');
  return evaluate<EventLoop>(code.text, constants);
}

type RecordFunction = (...args: never[]) => number;

const takesNone: RecordFunction = () => -1;

/** Compiles the functions for event record classes, each when its first record comes. */
class RecordCompiler {
  readonly parameters: string;
  readonly #decoder: DataStreamDecoder;
  readonly #sink: EventLoopSink;

  constructor(decoder: DataStreamDecoder, sink: EventLoopSink) {
    this.#decoder = decoder;
    this.#sink = sink;
    this.parameters = ['u8', 'dv', 'p', 'end', 'slots', 'cursor', sink.parameters].filter((p) => p !== '').join(', ');
  }

  compile(eventRecordClass: EventRecordClass): RecordFunction {
    const code = new CodeWriter(new Map(this.#sink.constants));
    try {
      code.line(`return function record(${this.parameters}) {`);
      this.#sink.writeRecord(eventRecordClass, code, this.#contextOf(eventRecordClass));
      code.line('return p;\n}');
      return evaluate<RecordFunction>(code.text, code.constants) ?? takesNone;
    } catch (error) {
      if (error instanceof NotCompilable) return takesNone;
      throw error;
    }
  }

  #contextOf(eventRecordClass: EventRecordClass): RecordCodeContext {
    const { links } = this.#decoder;
    return {
      links: [links.eventRecordClasses.get(eventRecordClass)!, links.common],
      giveUp: GIVE_UP_RECORD,
      decoderOf: (fieldClass, place) => this.#decoder.fieldDecoder(fieldClass, place, eventRecordClass),
    };
  }
}

/** The functions by identifier plus one; the first is for event records without an identifier, of the only class there is. */
function recordTable(decoder: DataStreamDecoder, compiler: RecordCompiler): RecordFunction[] {
  const classes = decoder.class.eventRecordClasses;
  const ids = classes.map(({ id }) => Number(id)).filter((id) => id <= TABLE_ID_MAX);
  const table = new Array<RecordFunction>(Math.max(-1, ...ids) + 2).fill(takesNone);
  const compileInto = (index: number, eventRecordClass: EventRecordClass) => {
    table[index] = (...args) => {
      const record = compiler.compile(eventRecordClass);
      table[index] = record;
      return record(...args);
    };
  };
  for (const eventRecordClass of classes) {
    if (eventRecordClass.id <= TABLE_ID_MAX) compileInto(Number(eventRecordClass.id) + 1, eventRecordClass);
  }
  if (classes.length === 1) compileInto(0, classes[0]!);
  return table;
}

/** Writes what reads the event record header: it sets `id`, and the clock's `high` and `low`. */
function writeHeader(decoder: DataStreamDecoder, code: CodeWriter): void {
  const header = decoder.class.eventRecordHeader;
  if (header === undefined) return;
  const record = new RecordCode(code, {
    links: [decoder.links.common],
    giveUp: GIVE_UP_HEADER,
    onFormatInteger: (fieldClass, integer) => writeHeaderInteger(fieldClass, integer, code, decoder),
    decoderOf: () => {
      throw new NotCompilable('an unusual event record header');
    },
  });
  record.skip(header, 'event-record-header');
  record.finish();
}

function writeHeaderInteger(
  { roles = [], clock, signed, bits }: IntegerFieldClass,
  integer: IntegerCode,
  code: CodeWriter,
  decoder: DataStreamDecoder,
): void {
  for (const role of roles) {
    if (role === 'event-record-class-id') code.line(`id = ${idText(integer)};`);
    else if (role !== 'default-clock-timestamp') throw new NotCompilable(`an event record with the role ${role}`);
  }
  if (clock === undefined || signed) return;
  if (decoder.clockClass === undefined) throw new NotCompilable('a clock that is not known');
  if (integer.width === 'two-words') {
    code.line(`high = ${integer.high}; low = ${integer.low};`);
    return;
  }
  const value = integer.name;
  const carry = 'high = (high + 1) % 4294967296;';
  if (bits === 32) {
    code.line(`if (${value} < low) ${carry}`);
    code.line(`low = ${value};`);
  } else {
    const mask = 2 ** bits - 1;
    const former = code.local('former', `(low & ${mask}) >>> 0`);
    code.line(`low = low - ${former} + ${value};`);
    code.line(
      `if (${value} < ${former}) { low += ${mask + 1}; if (low > 4294967295) { low -= 4294967296; ${carry} } }`,
    );
  }
}

function idText(integer: IntegerCode): string {
  if (integer.width === 'word') return integer.name;
  return `${integer.high} === 0 ? ${integer.low} : ${TABLE_ID_MAX + 1}`;
}

/** Writes what converts the clock into `seconds` and `nanoseconds` and compares them with the turn. */
function writeTime(code: CodeWriter, clock: ClockClass): void {
  code.line('if (high !== secondHigh || low < secondLow || low >= secondLow + 1e9) {');
  code.line('clock.high = high; clock.low = low; clock.convert();');
  code.line('seconds = clock.seconds; nanoseconds = clock.nanoseconds;');
  if (clock.frequency === 1_000_000_000n) code.line('secondHigh = high; secondLow = low - nanoseconds;');
  code.line('} else nanoseconds = low - secondLow;');
  // Such data streams are in disorder; the general way knows what becomes of them.
  code.line('if (seconds < turnSeconds || (seconds === turnSeconds && nanoseconds < turnNanoseconds)) break;');
  code.line('if (seconds > limitSeconds || (seconds === limitSeconds && nanoseconds > limitNanoseconds)) {');
  code.line('turn.isLater = true; turn.seconds = seconds; turn.nanoseconds = nanoseconds;');
  code.line('break;');
  code.line('}');
}
