import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { KernelEvent } from '../formats/kernel-event.ts';
import { KernelError } from '../kernel-error.ts';
import { readControlFile, withKernelErrors, writeControlFile } from './control-file.ts';
import { type CpuStats, parseCpuStats } from './cpu-stats.ts';

/** Sub-buffers of kernels before 6.8, which have no setting for them. */
const PAGE_BYTES = 4096;
const KIB = 1024;

export interface BufferOptions {
  /** A power of two; kernels before 6.8 have pages of 4 KiB only. */
  readonly subBufBytes: number;
  readonly bytesPerCpu: number;
  /** Whether new events overwrite old ones. */
  readonly overwrites: boolean;
  /** The default, `mono`, equals CLOCK_MONOTONIC. */
  readonly clock?: string;
}

/** Sizes that the kernel gave a buffer. */
export interface BufferSizes {
  readonly subBufBytes: number;
  readonly bytesPerCpu: number;
}

/** One instance of the kernel's trace buffer, with its own events, filters and sets of processes. */
export class TracefsInstance {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get name(): string {
    return basename(this.path);
  }

  /**
   * Sets the buffer up while nothing is recorded: a change of clock or sub-buffers empties it.
   *
   * The order matters: the size of a buffer is rounded to whole sub-buffers.
   *
   * @throws {KernelError} `REFUSED` for a clock or a size that the kernel does not have
   */
  configure({ subBufBytes, bytesPerCpu, overwrites, clock = 'mono' }: BufferOptions): BufferSizes {
    this.setTracing(false);
    if (this.#has('buffer_subbuf_size_kb')) this.write('buffer_subbuf_size_kb', `${Math.ceil(subBufBytes / KIB)}`);
    this.write('trace_clock', clock);
    this.write('buffer_size_kb', `${Math.ceil(bytesPerCpu / KIB)}`);
    this.write('options/overwrite', overwrites ? '1' : '0');
    return this.sizes();
  }

  sizes(): BufferSizes {
    const kib = (file: string) => Number.parseInt(this.read(file), 10) * KIB;
    const subBufBytes = this.#has('buffer_subbuf_size_kb') ? kib('buffer_subbuf_size_kb') : PAGE_BYTES;
    // Buffers of CPUs may differ ("X"), and may not be made yet ("7 (expanded: 1408)").
    const total = kib('buffer_total_size_kb');
    return { subBufBytes, bytesPerCpu: Math.floor(total / Math.max(1, this.cpus().length)) };
  }

  /**
   * Enables or disables events.
   *
   * @returns events that the kernel refused, with its reasons; the others are set
   */
  setEvents(
    events: readonly KernelEvent[],
    on: boolean,
  ): { readonly event: KernelEvent; readonly error: KernelError }[] {
    const refused: { readonly event: KernelEvent; readonly error: KernelError }[] = [];
    for (const event of events) {
      try {
        this.write(this.#file(event, 'enable'), on ? '1' : '0');
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        refused.push({ event, error });
      }
    }
    return refused;
  }

  /** Sets the filter of an event in the kernel's language; null: none. @throws {KernelError} `REFUSED` */
  setFilter(event: KernelEvent, filter: string | null): void {
    this.write(this.#file(event, 'filter'), filter ?? '0');
  }

  /**
   * Replaces a set of threads: those whose events are recorded, and those whose events are not. An empty set means
   * no restriction.
   */
  setPids(list: 'set_event_pid' | 'set_event_notrace_pid', tids: readonly number[]): void {
    writeControlFile(this.#path(list), tids.join(' '), { empties: true });
  }

  /** Whether new processes of the threads in the sets join them. */
  followForks(on: boolean): void {
    this.write('options/event-fork', on ? '1' : '0');
  }

  setTracing(on: boolean): void {
    this.write('tracing_on', on ? '1' : '0');
  }

  /** Numbers of the CPUs that have a buffer. */
  cpus(): number[] {
    return withKernelErrors(this.#path('per_cpu'), 'read', () => readdirSync(this.#path('per_cpu')))
      .flatMap((name) => /^cpu(\d{1,5})$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  stats(cpu: number): CpuStats {
    return parseCpuStats(this.read(`per_cpu/cpu${cpu}/stats`));
  }

  /** Drops everything in the buffer. */
  clear(): void {
    writeControlFile(this.#path('trace'), '', { empties: true });
  }

  /** @throws {KernelError} */
  read(file: string): string {
    return readControlFile(this.#path(file));
  }

  /** @throws {KernelError} */
  write(file: string, text: string): void {
    writeControlFile(this.#path(file), text);
  }

  /** Disables all events and removes the instance. @throws {KernelError} `BUSY` while one of its files is open */
  remove(): void {
    if (!existsSync(this.path)) return;
    this.setTracing(false);
    writeControlFile(this.#path('set_event'), '', { empties: true });
    withKernelErrors(this.path, 'removed', () => rmdirSync(this.path));
  }

  #file({ system, kernelName }: KernelEvent, file: string): string {
    return join('events', system, kernelName, file);
  }

  #has(file: string): boolean {
    return existsSync(this.#path(file));
  }

  #path(file: string): string {
    return join(this.path, file);
  }
}
