import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RingtailError } from '@ringtail/base';
import { encodeText, type Instant, type TraceFormatCode, TraceFormatError } from '@ringtail/ctf';
import type { ClockCorrection } from '../clock-correction.ts';
import type { TraceReader } from '../open-traces.ts';
import { deltaText } from '../pretty/pretty-time.ts';
import { type PrettyOptions, printPretty } from '../print-pretty.ts';
import { type TextSink, writeBytesTo } from '../text-sink.ts';
import type { JobError, JobRequest, JobResult, JobSetup } from './job-messages.ts';
import { SlicePrinter } from './slice-printer.ts';
import { type Slice, slicesOf } from './slices.ts';

export interface JobOptions extends PrettyOptions {
  /** How many threads decode and print. */
  readonly jobs: number;
  /** As the reader was opened with. */
  readonly clocks?: ClockCorrection | undefined;
  /** As the reader was opened with; without it, the first error is thrown. */
  readonly onError?: ((error: RingtailError) => void) | undefined;
}

/** Slices that a thread is ahead of what is written: one in work, one done. More leave the caches before they are written. */
const PENDING_MAX = 2;

/** Text of a slice of the usual size fits. Memory is used again for every slice: fresh memory costs more than the text. */
const MEMORY_BYTES = 1 << 22;

/**
 * Prints as `printPretty` does, with worker threads that decode and print packets.
 *
 * One thread is used where the traces are not a single data stream that is read whole: the packets of several data streams
 * depend on each other.
 *
 * @returns how many events were printed
 */
export async function printPrettyInJobs(reader: TraceReader, sink: TextSink, options: JobOptions): Promise<number> {
  const sliced = options.jobs < 2 || options.clockCycles ? undefined : slicesOf(reader);
  if (sliced === undefined || sliced.slices.length < 2) return printPretty(reader, sink, options);
  const { jobs, clocks, onError, warnings, ...pretty } = options;
  const setup: JobSetup = {
    paths: reader.traces[0]!.directories.map((directory) => directory.path),
    name: reader.traces[0]!.name,
    clocks,
    options: pretty,
  };
  const writer = new SliceWriter(sink, { warnings, onError });
  const workerCount = Math.min(jobs, sliced.slices.length) - 1;
  await new JobPool({ setup, workerCount, slices: sliced.slices, writer }).run(new SlicePrinter(sliced.stream, setup));
  return writer.eventCount;
}

/** A thread that prints; this one has no worker. */
interface Thread {
  readonly worker: Worker | undefined;
  /** Slices that it was given and whose text is not written yet. */
  pending: number;
  readonly memories: ArrayBuffer[];
}

interface JobPoolParts {
  readonly setup: JobSetup;
  /** How many threads there are besides this one. */
  readonly workerCount: number;
  readonly slices: readonly Slice[];
  readonly writer: SliceWriter;
}

/** Gives slices to the threads in turn, none much further ahead than the others. */
class JobPool {
  readonly #parts: JobPoolParts;
  readonly #threads: Thread[] = [];
  /** Slices that this thread is to print. */
  readonly #own: number[] = [];
  readonly #threadOf = new Map<number, Thread>();
  readonly #results = new Map<number, JobResult>();
  #turn = 0;
  #requested = 0;
  #written = 0;
  #isDone = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(parts: JobPoolParts) {
    this.#parts = parts;
  }

  async run(printer: SlicePrinter): Promise<void> {
    const script = createRequire(import.meta.url).resolve('@ringtail/reader/job-worker');
    // Their output is not wanted; connecting it would make ours non-blocking.
    const options = { workerData: this.#parts.setup, stdout: true, stderr: true };
    const workers = Array.from({ length: this.#parts.workerCount }, () => new Worker(script, options));
    this.#addThread(undefined);
    for (const worker of workers) {
      worker.on('message', (message: JobResult | 'ready') =>
        this.#guard(() => {
          if (message === 'ready') this.#addThread(worker);
          else this.#keep(message);
        }),
      );
      worker.once('error', (error) =>
        this.#guard(() => {
          throw error;
        }),
      );
    }
    try {
      await this.#work(printer);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  }

  async #work(printer: SlicePrinter): Promise<void> {
    while (!this.#isDone) {
      this.#assign();
      const own = this.#own.shift();
      if (own !== undefined) this.#printOwn(printer, own);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      // Results of the others are taken between slices of this thread.
      if (!this.#isDone) await setImmediate();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #printOwn(printer: SlicePrinter, number: number): void {
    const { slices, writer } = this.#parts;
    const memories = this.#threadOf.get(number)!.memories;
    const request = { number, slice: slices[number]!, memory: memories.pop() ?? new ArrayBuffer(MEMORY_BYTES) };
    if (number !== this.#written) {
      this.#keep(printer.print(request));
      return;
    }
    const result = printer.printTo(writer.sink, request, writer.last);
    this.#finish(result, writer.accept(result) && printer.isWanted);
    this.#writeResults();
  }

  /** A thread gets slices from now on; while it starts, the others print alone. */
  #addThread(worker: Worker | undefined): void {
    this.#threads.push({ worker, pending: 0, memories: [] });
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failure = error;
      this.#isDone = true;
    }
    this.#wake();
  }

  #keep(result: JobResult): void {
    this.#results.set(result.number, result);
    this.#writeResults();
  }

  #writeResults(): void {
    for (;;) {
      const next = this.#results.get(this.#written);
      if (next === undefined || this.#isDone) return;
      this.#results.delete(next.number);
      this.#finish(next, this.#parts.writer.write(next, new Uint8Array(next.memory, 0, next.textBytes)));
    }
  }

  #finish({ number, memory }: JobResult, isWanted: boolean): void {
    const thread = this.#threadOf.get(number)!;
    this.#threadOf.delete(number);
    thread.pending--;
    thread.memories.push(memory);
    this.#written++;
    if (!isWanted || this.#written === this.#parts.slices.length) this.#isDone = true;
  }

  /** In turn, so that what is to be written next is mostly this thread's, or done. */
  #assign(): void {
    const { slices } = this.#parts;
    while (this.#requested < slices.length) {
      const thread = this.#threads[this.#turn % this.#threads.length]!;
      if (thread.pending === PENDING_MAX) return;
      const number = this.#requested++;
      this.#turn++;
      thread.pending++;
      this.#threadOf.set(number, thread);
      if (thread.worker === undefined) {
        this.#own.push(number);
        continue;
      }
      const memory = thread.memories.pop() ?? new ArrayBuffer(MEMORY_BYTES);
      const request: JobRequest = { number, slice: slices[number]!, memory };
      thread.worker.postMessage(request, [memory]);
    }
  }
}

/** What a job prints of a difference in time that it cannot know: that of the first event of a slice. */
const UNKNOWN_DELTA = encodeText(deltaText(undefined, { seconds: 0, nanoseconds: 0 }));

/** Puts the slices together. */
class SliceWriter {
  eventCount = 0;
  readonly sink: TextSink;
  readonly #options: Pick<JobOptions, 'warnings' | 'onError'>;
  #last: Instant | undefined;

  constructor(sink: TextSink, options: Pick<JobOptions, 'warnings' | 'onError'>) {
    this.sink = sink;
    this.#options = options;
  }

  /** Time of the last event written. */
  get last(): Instant | undefined {
    return this.#last;
  }

  /** @returns false if nothing behind is to be written */
  write(result: JobResult, text: Uint8Array): boolean {
    const [head, ...rest] = text.length > 0 ? [text, ...result.overflow] : result.overflow;
    if (head !== undefined && !this.#writeHead(head, result.first)) return false;
    if (!rest.every((bytes) => writeBytesTo(this.sink, bytes))) return false;
    return this.accept(result);
  }

  /** What there is to do of a slice whose text is written. @returns as `write` */
  accept({ warnings, error, last, eventCount }: JobResult): boolean {
    for (const line of warnings) this.#options.warnings?.write(line);
    this.eventCount += eventCount;
    this.#last = last ?? this.#last;
    if (error === undefined) return true;
    if (this.#options.onError === undefined) throw errorOf(error);
    this.#options.onError(errorOf(error));
    return false;
  }

  #writeHead(head: Uint8Array, first: Instant | undefined): boolean {
    const at = this.#last === undefined || first === undefined ? -1 : indexOfBytes(head, UNKNOWN_DELTA);
    if (at === -1) return writeBytesTo(this.sink, head);
    const delta = encodeText(deltaText(this.#last, first!));
    return (
      writeBytesTo(this.sink, head.subarray(0, at)) &&
      writeBytesTo(this.sink, delta) &&
      writeBytesTo(this.sink, head.subarray(at + UNKNOWN_DELTA.length))
    );
  }
}

function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(wanted);
}

function errorOf({ name, code, message, path, at }: JobError): RingtailError {
  const error =
    name === 'TraceFormatError'
      ? new TraceFormatError(code as TraceFormatCode, message, at ?? 0)
      : new RingtailError(code, message);
  error.path.push(...path);
  return error;
}
