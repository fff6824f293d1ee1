/** A probe that the session daemon wants in this thread. */
export interface Probe {
  /** Name of the event, `probe:NAME`. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly captures: readonly { readonly name: string; readonly expression: string }[];
  readonly expiresAtMs: number;
}

/** The tracer of this thread: the part of its registry that probes need. */
export interface ProbedThread {
  /** Tells `listener` the probes that are wanted. Absent in older tracers. */
  probes?(listener: (probes: readonly Probe[]) => void): void;
  withdraw?(tracepoints: readonly unknown[]): void;
  report(code: string, message: string): void;
}
