import type { RingtailError } from '@ringtail/base';
import { DataStreamReader, TraceFormatError, type TraceIdentity } from '@ringtail/ctf';
import { MessageMerge } from '../merge.ts';
import { PrettyPrinter } from '../print-pretty.ts';
import type { TraceStream } from '../trace-stream.ts';
import type { JobError, JobRequest, JobResult, JobSetup } from './job-messages.ts';

/** Prints slices of a data stream into memory. */
export class SlicePrinter {
  readonly #stream: TraceStream;
  readonly #identity: TraceIdentity;
  readonly #printer: PrettyPrinter;
  #memory: Uint8Array = new Uint8Array(0);
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

  print({ number, slice, memory }: JobRequest): JobResult {
    this.#memory = new Uint8Array(memory);
    this.#textBytes = 0;
    this.#overflow = [];
    this.#warnings = [];
    this.#printer.restart();
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
