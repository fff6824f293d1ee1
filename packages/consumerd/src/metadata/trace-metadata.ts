import { assert } from '@ringtail/base';
import type { ClockClass, DataStreamClass, EventRecordClass, TraceClass } from '@ringtail/ctf';
import type { OpenChannelRequest, OpenTraceRequest } from '@ringtail/protocol';
import { clockOffsetOf } from '../output/metadata-parts.ts';
import type { MetadataOutput } from '../output/packet-output.ts';
import { type Steps, settled } from '../output/sync-or-async.ts';
import { METADATA_PRINTERS, type MetadataPrinter } from './metadata-format.ts';
import { MetadataText } from './metadata-text.ts';
import { clockClassOf, dataStreamClassOf, traceClassOf } from './trace-model.ts';

/** Processes of a trace whose programs its environment names; a session may record any number of short programs. */
const PROGRAMS_MAX = 4096;

/**
 * Metadata of a trace: the text, and the outputs that get every block.
 *
 * After the offset of the clock was sampled again, the output has another start of the metadata than the requests that
 * the session daemon repeats to a new consumer. Then the output is right.
 */
export class TraceMetadata {
  /** All metadata of the trace so far. */
  readonly text: MetadataText;
  readonly #request: OpenTraceRequest;
  readonly #printer: MetadataPrinter;
  readonly #streams = new Map<number, DataStreamClass>();
  /** Programs that the environment names, by the number of the process. */
  readonly #programs = new Map<number, string>();
  #clock: ClockClass;
  readonly #outputs: MetadataOutput[] = [];

  /**
   * @param former start of the metadata that a former consumer wrote; empty if there is none
   * @throws {ConsumerError} `BAD_REQUEST` for a clock that metadata cannot describe
   */
  constructor(request: OpenTraceRequest, former: string) {
    this.#request = request;
    this.#printer = METADATA_PRINTERS[request.format];
    this.#clock = clockClassOf(request);
    const formerClock = { ...this.#clock, ...clockOffsetOf(former) };
    // Metadata that differs in more than the offset of the clock is not ours.
    if (former.startsWith(this.#prologue(formerClock))) this.#clock = formerClock;
    this.text = new MetadataText(this.#prologue(this.#clock));
  }

  /** Sends the metadata of later calls to this output as well. */
  writeTo(output: MetadataOutput): void {
    this.#outputs.push(output);
  }

  /** @throws {ConsumerError} `NOT_WRITTEN`, `BAD_REQUEST` for a context that does not exist */
  *addChannel(request: OpenChannelRequest): Steps<void> {
    const stream = dataStreamClassOf(request, this.#clock);
    yield* this.#append([this.#printer.dataStreamClass(this.#traceClass(), stream)]);
    this.#streams.set(request.streamClassId, stream);
  }

  /**
   * Names the program of a process in the environment: `program_1234 = "shop/server.js"`.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`
   */
  *addProgram(pid: number, program: string): Steps<void> {
    if (this.#programs.get(pid) === program || this.#programs.size >= PROGRAMS_MAX) return;
    const block = this.#printer.environment(new Map([[`program_${pid}`, program]]));
    if (block !== '') yield* this.#append([block]);
    this.#programs.set(pid, program);
  }

  /** Once this is done, the metadata describes the events. @throws {ConsumerError} `NOT_WRITTEN` */
  *addEvents(streamClassId: number, events: readonly EventRecordClass[]): Steps<void> {
    const stream = this.#streams.get(streamClassId);
    assert(stream !== undefined, 'events are declared in a channel');
    const trace = this.#traceClass();
    yield* this.#append(events.map((event) => this.#printer.eventRecordClass(trace, stream, event)));
  }

  /**
   * Gives the clock another offset, which replaces the start of the metadata in one step.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`; the request has to be repeated then
   */
  *setClockOffset(clockOffsetNs: string): Steps<void> {
    const clock = clockClassOf({ ...this.#request, clockOffsetNs });
    const prologue = this.#prologue(clock);
    for (const output of this.#outputs) yield* settled(output.rewriteMetadata(prologue));
    this.text.rewrite(prologue);
    this.#clock = clock;
  }

  close(): void {
    for (const output of this.#outputs) output.close();
  }

  *#append(blocks: readonly string[]): Steps<void> {
    for (const output of this.#outputs) yield* settled(output.appendMetadata(blocks));
    this.text.append(blocks);
  }

  #prologue(clock: ClockClass): string {
    return this.#printer.preamble(traceClassOf(this.#request, clock));
  }

  #traceClass(): TraceClass {
    return traceClassOf(this.#request, this.#clock);
  }
}
