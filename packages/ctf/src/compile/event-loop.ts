import type { DataStreamDecoder } from '../decode/data-stream-decoder.ts';
import {
  BEFORE_SECOND,
  BEHIND_SECOND,
  type EventLoop,
  type StreamPosition,
  type TurnHeap,
} from '../decode/turn-heap.ts';
import type { IntegerFieldClass } from '../model/field-class.ts';
import type { ClockClass, EventRecordClass } from '../model/trace-class.ts';
import { CodeWriter, evaluate, NotCompilable } from './code-writer.ts';
import { LoopRun, StopReason } from './loop-run.ts';
import type { IntegerCode } from './position-code.ts';
import { RecordCode, type RecordCodeContext } from './record-code.ts';

/** The use of the fields: pieces of code around each event record, and a function for each event record class. */
export interface EventLoopSink {
  /** Values that the pieces of code refer to by name. */
  readonly constants: ReadonlyMap<string, unknown>;
  /** Statements before the first event record. */
  readonly begin: string;
  /** Statements before event records of one data stream, that may use `position`. */
  readonly enterStream: string;
  /**
   * Statements before each event record, after its header. They may use `seconds` and `nanoseconds`, `high` and `low`
   * (the clock), and `break loop`, which leaves the record for later; with `stop = PAUSE` before it, until `resume` has
   * been called.
   */
  readonly beforeEach: string;
  /** Statements after each event record that was taken. */
  readonly afterEach: string;
  /** Statements at the end. */
  readonly end: string;
  /** Further arguments of the functions for event record classes. */
  readonly parameters: string;
  /**
   * Called before events of a second are taken from a data stream, and again for its next packet.
   *
   * @returns false to leave them to the general decoder
   */
  prepare?(seconds: number, position: StreamPosition): boolean;
  /** Called after a pause. @returns false if nothing is wanted for now */
  resume?(): boolean;
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

/**
 * Generates the loop, and the function around it.
 *
 * V8 throws optimised code away when it reaches a branch for the first time, and is slow for a while then. So the
 * generated function has only the code that every event needs, and all of it runs in the first, short runs. The
 * function around it does the work that comes once a second, or once for some pages of text.
 */
function generate(decoder: DataStreamDecoder, sink: EventLoopSink): EventLoop | undefined {
  const constants = new Map([...sink.constants, ['PAUSE', StopReason.PAUSE]]);
  const code = new CodeWriter(constants);
  const compiler = new RecordCompiler(decoder, sink);
  const table = code.constant('records', recordTable(decoder, compiler));
  const hasClock = decoder.clockClass !== undefined;
  code.line('return function eventLoop(heap, run) {');
  code.line('const { loop: self, bytesMax } = run;');
  code.line('let count = 0, stop = 0, nanoseconds = 0, last = 0, high = 0, low = 0;');
  if (hasClock) code.line('const { seconds, secondHigh, secondLow } = run;');
  code.line(sink.begin);
  code.line('for (;;) {');
  code.line('const turn = heap.root, position = turn.position, cursor = position.cursor;');
  code.line('const { bytes: u8, view: dv, slots, clock } = cursor;');
  // A window has less than 2^31 bits.
  code.line('if ((cursor.at & 7) !== 0) break;');
  code.line('let p = cursor.at >> 3, start = p;');
  code.line('const end = Math.min(cursor.end >> 3, p + bytesMax);');
  if (hasClock) {
    // So that both are known to be whole numbers of 32 bits.
    code.line('high = clock.high >>> 0; low = clock.low >>> 0;');
    code.line('let startHigh = high, startLow = low;');
    code.line('let former = turn.nanoseconds;');
    code.line(
      `if (turn.seconds < seconds) former = ${BEFORE_SECOND}; else if (turn.seconds > seconds) former = ${BEHIND_SECOND};`,
    );
    code.line('const limit = heap.limitIn(seconds);');
  }
  code.line(sink.enterStream);
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
  if (hasClock) code.line('former = nanoseconds; last = nanoseconds;');
  code.line('count++;');
  code.line('}');
  code.line('cursor.at = start << 3;');
  if (hasClock) {
    code.line('clock.high = startHigh; clock.low = startLow;');
    code.line(`if (stop !== ${StopReason.LATER}) {`);
    code.line(
      `if (former !== ${BEFORE_SECOND} && former !== ${BEHIND_SECOND}) { turn.seconds = seconds; turn.nanoseconds = former; }`,
    );
    code.line('break;');
    code.line('}');
    // The other data stream has its turn.
    code.line('turn.seconds = seconds; turn.nanoseconds = nanoseconds; turn.isWaiting = true;');
    code.line('heap.sink();');
    code.line('stop = 0;');
    code.line('const next = heap.root;');
    code.line('if (!next.isWaiting || next.position.loop !== self || next.seconds !== seconds) break;');
    code.line('next.isWaiting = false;');
  } else {
    code.line('break;');
  }
  code.line('}');
  code.line(sink.end);
  code.line('run.stop = stop;');
  if (hasClock) {
    code.line('run.high = high; run.low = low;');
    code.line('if (count > 0) { heap.lastSeconds = seconds; heap.lastNanoseconds = last; }');
  }
  code.line('return count;');
  code.line('}');
  const takeRun = evaluate<TakeRun>(code.text, constants);
  return takeRun && inRuns(takeRun, sink);
}

/** The generated function: takes event records of one second. */
type TakeRun = (heap: TurnHeap, run: LoopRun) => number;

function inRuns(takeRun: TakeRun, sink: EventLoopSink): EventLoop {
  const run = new LoopRun();
  const eventLoop: EventLoop = (heap, position) => {
    const { clock } = position.cursor;
    let count = 0;
    let current = position;
    current.loop = eventLoop;
    run.loop = eventLoop;
    if (clock !== undefined) run.enterSecond(clock, clock.high, clock.low);
    for (;;) {
      run.begin();
      if (sink.prepare?.(run.seconds, current) === false) return count;
      count += takeRun(heap, run);
      current = heap.root!.position!;
      if (run.stop === StopReason.SECOND) run.enterSecond(current.cursor.clock!, run.high, run.low);
      else if (run.stop !== StopReason.PAUSE || !sink.resume!()) return count;
    }
  };
  return eventLoop;
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

/**
 * The functions by identifier plus one; the first is for event records without an identifier, of the only class there
 * is.
 */
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

/** Writes the code that reads the event record header: it sets `id`, and the clock's `high` and `low`. */
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
  if (bits === 32) {
    code.line(`high = (high + (${value} < low ? 1 : 0)) >>> 0;`);
    code.line(`low = ${value};`);
  } else {
    const span = 2 ** bits;
    const former = code.local('former', `(low & ${span - 1}) >>> 0`);
    code.line(`low = low - ${former} + ${value} + (${value} < ${former} ? ${span} : 0);`);
    const carry = code.local('carry', 'low > 4294967295 ? 1 : 0');
    code.line(`low = (low - ${carry} * 4294967296) >>> 0;`);
    code.line(`high = (high + ${carry}) >>> 0;`);
  }
}

function idText(integer: IntegerCode): string {
  if (integer.width === 'word') return integer.name;
  return `${integer.high} === 0 ? ${integer.low} : ${TABLE_ID_MAX + 1}`;
}

/**
 * Writes the code that converts the clock to `nanoseconds`, and compares them with those before and with the limit.
 */
function writeTime(code: CodeWriter, clock: ClockClass): void {
  if (clock.frequency === 1_000_000_000n) {
    code.line('const since = low - secondLow;');
    code.line(`if (high !== secondHigh || !(since >= 0 && since < 1e9)) { stop = ${StopReason.SECOND}; break; }`);
    code.line('nanoseconds = since | 0;');
  } else {
    code.line('clock.high = high; clock.low = low; clock.convert();');
    code.line(`if (clock.seconds !== seconds) { stop = ${StopReason.SECOND}; break; }`);
    code.line('nanoseconds = clock.nanoseconds;');
  }
  // Times of this data stream run backwards; the general decoder handles that.
  code.line('if (nanoseconds < former) break;');
  code.line(`if (nanoseconds >= limit) { stop = ${StopReason.LATER}; break; }`);
}
