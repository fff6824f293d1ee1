import type { Limits } from './describe-value.ts';

interface AnyProbe {
  /** Name of the event, `probe:NAME`, or of the events of a function, `probe:NAME_*`. */
  readonly name: string;
  readonly limits?: Limits;
  readonly expiresAtMs: number;
}

export interface LineProbe extends AnyProbe {
  readonly file: string;
  readonly line: number;
  readonly captures: readonly { readonly name: string; readonly expression: string }[];
  readonly locals?: true;
}

export interface FunctionProbe extends AnyProbe {
  readonly function: string;
  readonly file?: string;
}

/** A probe that the session daemon wants in this thread. */
export type Probe = LineProbe | FunctionProbe;

/** The tracer of this thread: the part of its registry that probes need. */
export interface ProbedThread {
  /** Tells `listener` the probes that are wanted. Absent in older tracers. */
  probes?(listener: (probes: readonly Probe[]) => void): void;
  withdraw?(tracepoints: readonly unknown[]): void;
  report(code: string, message: string): void;
}
