import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RingtailError } from '@ringtail/base';
import { encodeText, type Instant, type TraceFormatCode, TraceFormatError } from '@ringtail/ctf';
import type { ClockCorrection } from '../clock-correction.ts';
import type { TraceReader } from '../open-traces.ts';
import { deltaText } from '../pretty/pretty-time.ts';
import { type PrettyOptions, printPretty } from '../print-pretty.ts';
import type { TextSink } from '../text-sink.ts';
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

/** One slice is printed while the one before it is written. */
const MEMORIES_PER_JOB = 3;

/** Text of a slice of the usual size fits. Memory is used again for every slice: fresh memory costs more than the text. */
const MEMORY_BYTES = 1 << 23;

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

/** Memory for the text of one slice, and the thread that prints into it; undefined for this one. */
interface Slot {
  readonly worker: Worker | undefined;
  readonly memory: ArrayBuffer;
}

interface JobPoolParts {
  readonly setup: JobSetup;
  /** How many threads there are besides this one. */
  readonly workerCount: number;
  readonly slices: readonly Slice[];
  readonly writer: SliceWriter;
}

/** Gives slices to worker threads and to this one, in order, none much further ahead than the others. */
class JobPool {
  readonly #parts: JobPoolParts;
  readonly #idle: Slot[] = [];
  readonly #busy = new Map<number, Slot>();
  readonly #results = new Map<number, JobResult>();
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
    this.#addSlots(undefined);
    for (const worker of workers) {
      worker.on('message', (message: JobResult | 'ready') =>
        this.#guard(() => {
          if (message === 'ready') this.#addSlots(worker);
          else this.#take(message);
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
      const own = this.#request();
      if (own !== undefined) this.#take(printer.print(own));
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      // Results of the others are taken between slices of this thread.
      if (!this.#isDone) await setImmediate();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A thread gets slices from now on; while it starts, this one prints alone. */
  #addSlots(worker: Worker | undefined): void {
    for (let i = 0; i < MEMORIES_PER_JOB; i++) this.#idle.push({ worker, memory: new ArrayBuffer(MEMORY_BYTES) });
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

  #take(result: JobResult): void {
    const { slices, writer } = this.#parts;
    this.#results.set(result.number, result);
    for (;;) {
      const next = this.#results.get(this.#written);
      if (next === undefined || this.#isDone) return;
      const slot = this.#busy.get(next.number)!;
      const isWanted = writer.write(next, new Uint8Array(next.memory, 0, next.textBytes));
      this.#results.delete(next.number);
      this.#busy.delete(next.number);
      this.#idle.push({ worker: slot.worker, memory: next.memory });
      this.#written++;
      if (!isWanted || this.#written === slices.length) this.#isDone = true;
    }
  }

  /** Gives slices to idle threads, until it is this one's turn: then it returns what this one is to do. */
  #request(): JobRequest | undefined {
    const { slices } = this.#parts;
    while (this.#requested < slices.length) {
      const slot = this.#idle.shift();
      if (slot === undefined) return undefined;
      const number = this.#requested++;
      this.#busy.set(number, slot);
      const request: JobRequest = { number, slice: slices[number]!, memory: slot.memory };
      if (slot.worker === undefined) return request;
      slot.worker.postMessage(request, [slot.memory]);
    }
    return undefined;
  }
}

/** What a job prints of a difference in time that it cannot know: that of the first event of a slice. */
const UNKNOWN_DELTA = encodeText(deltaText(undefined, { seconds: 0, nanoseconds: 0 }));

/** Puts the slices together. */
class SliceWriter {
  eventCount = 0;
  readonly #sink: TextSink;
  readonly #options: Pick<JobOptions, 'warnings' | 'onError'>;
  #last: Instant | undefined;

  constructor(sink: TextSink, options: Pick<JobOptions, 'warnings' | 'onError'>) {
    this.#sink = sink;
    this.#options = options;
  }

  /** @returns false if nothing behind is to be written */
  write({ overflow, warnings, error, first, last, eventCount }: JobResult, text: Uint8Array): boolean {
    for (const line of warnings) this.#options.warnings?.write(line);
    this.eventCount += eventCount;
    const [head, ...rest] = text.length > 0 ? [text, ...overflow] : overflow;
    if (head !== undefined && !this.#writeHead(head, first)) return false;
    if (!rest.every((bytes) => this.#writeBytes(bytes))) return false;
    this.#last = last ?? this.#last;
    if (error === undefined) return true;
    if (this.#options.onError === undefined) throw errorOf(error);
    this.#options.onError(errorOf(error));
    return false;
  }

  #writeHead(head: Uint8Array, first: Instant | undefined): boolean {
    const at = this.#last === undefined || first === undefined ? -1 : indexOfBytes(head, UNKNOWN_DELTA);
    if (at === -1) return this.#writeBytes(head);
    const delta = encodeText(deltaText(this.#last, first!));
    return (
      this.#writeBytes(head.subarray(0, at)) &&
      this.#writeBytes(delta) &&
      this.#writeBytes(head.subarray(at + UNKNOWN_DELTA.length))
    );
  }

  #writeBytes(bytes: Uint8Array): boolean {
    const { writeBytes } = this.#sink;
    return writeBytes === undefined
      ? this.#sink.write(Buffer.from(bytes).toString('utf8'))
      : writeBytes.call(this.#sink, bytes);
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
