import type { RingtailError } from '@ringtail/base';
import { DataStreamReader, type Instant, TraceFormatError, type TraceIdentity } from '@ringtail/ctf';
import { MessageMerge } from '../merge.ts';
import { PrettyPrinter } from '../print-pretty.ts';
import { type TextSink, writeBytesTo } from '../text-sink.ts';
import type { TraceStream } from '../trace-stream.ts';
import type { JobError, JobRequest, JobResult, JobSetup } from './job-messages.ts';

/** Prints slices of a data stream into memory. */
export class SlicePrinter {
  readonly #stream: TraceStream;
  readonly #identity: TraceIdentity;
  readonly #printer: PrettyPrinter;
  #memory: Uint8Array = new Uint8Array(0);
  /** Where text goes at once; undefined while it is kept. */
  #sink: TextSink | undefined;
  #textBytes = 0;
  #overflow: Uint8Array<ArrayBuffer>[] = [];
  #warnings: string[] = [];

  constructor(stream: TraceStream, { name, options }: JobSetup) {
    this.#stream = stream;
    this.#identity = { ...stream.identity, name };
    const sink = { write: () => true, writeBytes: (bytes: Uint8Array) => this.#keep(bytes) };
    const warnings = { write: (line: string) => this.#warnings.push(line) > 0 };
    this.#printer = new PrettyPrinter(sink, { ...options, warnings });
  }

  /** Prints into memory, which is handed over with the text. */
  print(request: JobRequest): JobResult {
    this.#sink = undefined;
    this.#printer.restart();
    return this.#print(request);
  }

  /**
   * Prints what is to be written next straight to its sink: text that stays in the caches costs less.
   *
   * @param previous time of the event before
   */
  printTo(sink: TextSink, request: JobRequest, previous: Instant | undefined): JobResult {
    this.#sink = sink;
    this.#printer.restart(previous);
    return this.#print(request);
  }

  get isWanted(): boolean {
    return this.#printer.isWanted;
  }

  #print({ number, slice, memory }: JobRequest): JobResult {
    this.#memory = new Uint8Array(memory);
    this.#textBytes = 0;
    this.#overflow = [];
    this.#warnings = [];
    const { decoder, sources, id } = this.#stream;
    const packets = new DataStreamReader(decoder, this.#identity, sources, id);
    packets.follow(slice.packets, slice.previous);
    let error: JobError | undefined;
    new MessageMerge([packets], (thrown) => {
      error = plainError(thrown);
    }).drain(this.#printer);
    this.#printer.finish();
    const { eventCount, first, last } = this.#printer;
    return {
      number,
      memory,
      textBytes: this.#textBytes,
      overflow: this.#overflow,
      eventCount,
      first,
      last,
      warnings: this.#warnings,
      error,
    };
  }

  #keep(bytes: Uint8Array): boolean {
    if (this.#sink !== undefined) return writeBytesTo(this.#sink, bytes);
    if (this.#overflow.length > 0 || this.#textBytes + bytes.length > this.#memory.length) {
      this.#overflow.push(bytes.slice());
    } else {
      this.#memory.set(bytes, this.#textBytes);
      this.#textBytes += bytes.length;
    }
    return true;
  }
}

function plainError(error: RingtailError): JobError {
  const at = error instanceof TraceFormatError ? error.at : undefined;
  return { name: error.name, code: error.code, message: error.message, path: error.path, at };
}
