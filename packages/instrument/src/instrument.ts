import type { Tracepoint } from '@ringtail/tracer';

/** The interface of the tracer that has loaded the instruments, of whatever version it is. */
export type Tracer = typeof import('@ringtail/tracer');

/** A part of an instrument that is installed only while one of its events is enabled. */
export interface EventSource {
  readonly tracepoints: readonly Tracepoint<never>[];
  /**
   * Begins to emit the events.
   *
   * @returns a function that ends it and takes back all changes of the program
   */
  install(): () => void;
}

/** Declares the events of a part of Node.js, or of a package, and returns their sources. */
export type Instrument = (tracer: Tracer) => readonly EventSource[];
