import os from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Instant } from '@ringtail/base';
import type { PrettyOptions } from '../../print/pretty/pretty-printer.ts';
import { printPretty } from '../../print/print-pretty.ts';
import { type ReportedLoss, type TextSink, type WarningSink, writeBytesTo } from '../../print/text-sink.ts';
import type { OpenedTrace } from '../../trace/opened-trace.ts';
import type { TraceReader } from '../../trace-reader.ts';
import { Job, type JobEvents, type SliceResult } from './job.ts';
import type { JobSetup, WrittenSlice } from './job-messages.ts';
import { SlicePrinter } from './slice-printer.ts';
import { type Slice, type SlicedTraces, slicesOf } from './slices.ts';

/** While a process starts and becomes fast, another prints about half as much. */
const TRACE_BYTES_MIN = 1 << 27;

/** More processes wait for each other, so more are started on request only. */
const DEFAULT_JOBS_MAX = 4;

export interface JobOptions extends PrettyOptions {
  /**
   * How many processes decode and print, this one included. If absent, as many as the machine runs at once, up to four.
   */
  readonly jobs?: number | undefined;
  /**
   * Traces with fewer bytes are printed by this process alone. 128 MiB if absent: less is printed before others are a
   * help.
   */
  readonly traceBytesMin?: number | undefined;
}

/**
 * Prints as `printPretty` does, with processes that decode and print packets, and write them in turn to the sink's
 * descriptor.
 *
 * This process prints alone where the sink has no descriptor, or where the traces are short or cannot be cut into
 * slices of time.
 *
 * @returns number of printed events
 * @throws {ReaderError} `JOB_ENDED` if one of the processes was killed while it wrote; otherwise as `printPretty`
 */
export async function printPrettyInJobs(reader: TraceReader, sink: TextSink, options: JobOptions): Promise<number> {
  const { jobs = defaultJobs(), traceBytesMin = TRACE_BYTES_MIN, ...pretty } = options;
  const paysOff = jobs > 1 && sink.fd !== undefined && !options.clockCycles && reader.fileBytes >= traceBytesMin;
  const sliced = paysOff ? slicesOf(reader) : undefined;
  if (sliced === undefined || sliced.slices.length < 2) return printPretty(reader, sink, pretty);
  const pool = new JobPool(sink, sliced, pretty);
  const outcome = await pool.run(sink.fd!, Math.min(jobs, sliced.slices.length) - 1);
  if (outcome === 'done') return pool.eventCount;
  return printBehind(reader, sink, pretty, pool);
}

function defaultJobs(): number {
  return Math.min(os.availableParallelism(), DEFAULT_JOBS_MAX);
}

/** The part of a trace's text that was written. */
interface Written {
  readonly textBytes: number;
  readonly warningCount: number;
}

/**
 * Prints the whole trace again and drops the text that is written already. So damage is reported, and left out, as
 * usual.
 */
function printBehind(reader: TraceReader, sink: TextSink, options: PrettyOptions, written: Written): number {
  let bytesLeft = written.textBytes;
  let warningsLeft = written.warningCount;
  const { warnings } = options;
  const writeBytes = (bytes: Uint8Array) => {
    const skipped = Math.min(bytesLeft, bytes.length);
    bytesLeft -= skipped;
    return skipped === bytes.length || writeBytesTo(sink, bytes.subarray(skipped));
  };
  const warn = (line: string, loss?: ReportedLoss) => (warningsLeft > 0 ? warningsLeft-- : warnings!.write(line, loss));
  return printPretty(
    reader,
    { write: (text) => writeBytes(Buffer.from(text)), writeBytes },
    { ...options, warnings: warnings && { write: warn } },
  );
}

/** The parts of an opened trace that another process needs. Media and indexes stay here. */
function setupOf({ class: of, name, uuid, streams }: OpenedTrace): JobSetup['traces'][number] {
  return {
    identity: { class: of, name, uuid },
    streams: streams.map(({ sources, id, class: streamClass }) => ({
      files: sources.map((source) => source.name),
      id,
      classId: streamClass!.id,
    })),
  };
}

/** Printer of a slice: a job, or this process. */
type Owner = Job | 'self';

/** Gives slices to the processes as they have room for them, and the turn to write to one after the other. */
class JobPool implements Written {
  eventCount = 0;
  textBytes = 0;
  warningCount = 0;
  readonly #sink: TextSink;
  readonly #slices: readonly Slice[];
  readonly #setup: JobSetup;
  readonly #printer: SlicePrinter;
  readonly #warnings: WarningSink | undefined;
  readonly #jobs: Job[] = [];
  /** Of slices that are not written yet. */
  readonly #owners = new Map<number, Owner>();
  /** How many slices this process has printed and not written. */
  #ownPrintedCount = 0;
  /** Time of the last event written. */
  #last: Instant | undefined;
  /** The next slice without an owner. */
  #next = 0;
  /** The slice whose turn it is. */
  #turn = 0;
  #isJobWriting = false;
  /** `alone` if this process is to go on alone. */
  #outcome: 'done' | 'alone' | undefined;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(sink: TextSink, sliced: SlicedTraces, { warnings, ...options }: PrettyOptions) {
    const { traces, slices, sliceBytes } = sliced;
    const streams = traces.flatMap((trace) => trace.streams);
    this.#sink = sink;
    this.#slices = slices;
    this.#setup = { traces: traces.map(setupOf), options, sliceBytes };
    this.#printer = new SlicePrinter(streams, sink, this.#setup);
    this.#warnings = warnings;
  }

  async run(fd: number, jobCount: number): Promise<'done' | 'alone'> {
    try {
      for (let i = 0; i < jobCount; i++) this.#start(fd);
      while (this.#isGoingOn) {
        if (this.#next < this.#slices.length && this.#printer.hasRoom) await this.#printOwn();
        else await this.#change();
      }
      if (this.#failure !== undefined) throw this.#failure;
      return this.#outcome!;
    } finally {
      await Promise.all(this.#jobs.map((job) => job.end()));
    }
  }

  #start(fd: number): void {
    const events: JobEvents = {
      onChange: () => this.#proceed(),
      onResult: (result) => {
        this.#isJobWriting = false;
        if (result !== 'damaged') this.#sink.wrote?.(result.textBytes);
        this.#take(result);
        this.#proceed();
      },
      onFailure: (error) => {
        this.#failure = error;
        this.#wake();
      },
    };
    try {
      this.#jobs.push(new Job(this.#setup, fd, events));
    } catch {
      // Printing takes longer with fewer processes.
    }
  }

  get #isGoingOn(): boolean {
    return this.#outcome === undefined && this.#failure === undefined;
  }

  /** Makes `owner` the owner of the next slice. */
  #claim(owner: Owner): Slice {
    this.#owners.set(this.#next, owner);
    return this.#slices[this.#next++]!;
  }

  /** Prints a slice in this process. */
  async #printOwn(): Promise<void> {
    const isAlone = this.#owners.size === 0;
    const slice = this.#claim('self');
    if (isAlone) {
      this.#takeOwn(this.#printer.printAndWrite(slice, this.#last));
      await setImmediate();
      return;
    }
    this.#printer.begin(slice);
    while (this.#isGoingOn && !this.#printer.step()) await setImmediate();
    this.#ownPrintedCount++;
    this.#proceed();
    await setImmediate();
  }

  /** Does all that can be done now but printing. */
  #proceed(): void {
    while (this.#isGoingOn && !this.#isJobWriting && this.#writeNext());
    for (const job of this.#jobs) {
      if (this.#isGoingOn && job.canPrint && this.#next < this.#slices.length) job.print(this.#claim(job));
    }
    this.#wake();
  }

  /** @returns false if the slice whose turn it is is not printed yet */
  #writeNext(): boolean {
    const owner = this.#owners.get(this.#turn);
    if (owner === undefined) return false;
    if (owner === 'self') {
      if (this.#ownPrintedCount === 0) return false;
      this.#ownPrintedCount--;
      this.#takeOwn(this.#printer.write(this.#last));
    } else if (!owner.isAlive) {
      this.#outcome = 'alone';
    } else {
      if (owner.printedCount === 0) return false;
      this.#isJobWriting = true;
      owner.write(this.#last);
    }
    return true;
  }

  #takeOwn(written: WrittenSlice | undefined): void {
    if (written === undefined) this.textBytes += this.#printer.textBytes;
    this.#take(written ?? 'damaged');
  }

  /** Records the result of the slice whose turn it is, and passes the turn on. */
  #take(result: SliceResult): void {
    if (result === 'damaged') {
      this.#outcome = 'alone';
      return;
    }
    for (const warning of result.warnings) this.#warnings?.write(...warning);
    this.warningCount += result.warnings.length;
    this.textBytes += result.textBytes;
    this.eventCount += result.eventCount;
    this.#last = result.last ?? this.#last;
    this.#owners.delete(this.#turn++);
    if (!result.isWanted || this.#turn === this.#slices.length) this.#outcome = 'done';
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
