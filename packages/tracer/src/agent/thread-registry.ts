import type { EventSpec } from '@ringtail/ctf';
import type { DeclaredSpan } from './declared-span.ts';
import type { ProbeListener } from './desired-probes.ts';

/**
 * The tracer of one JavaScript thread, which all copies of `@ringtail/tracer` in that thread share.
 *
 * This is an interface between versions of Ringtail: it may grow under its symbol (`api/registry-key.ts`), or change
 * under another.
 */
export interface ThreadRegistry {
  readonly version: string;
  /** Declares an event and returns its tracepoint function. */
  declare(spec: EventSpec): unknown;
  /** Declares the two events of a span, and returns its functions. Absent in the first versions. */
  span?(begin: EventSpec, end: EventSpec): DeclaredSpan;
  /** Withdraws tracepoints: they do nothing from then on, and no listing has them. Absent in the first versions. */
  withdraw?(tracepoints: readonly unknown[]): void;
  /** Defines `$app.PROVIDER:NAME`. Absent in the first versions. */
  context?(provider: string, name: string, read: () => unknown): void;
  /**
   * Tells `listener` whether any of these tracepoints, which `declare` returned, is enabled: at once if one is, and
   * from the event loop whenever that has changed. The listener must not throw. Absent in the first versions.
   */
  watch?(tracepoints: readonly unknown[], listener: (isEnabled: boolean) => void): void;
  /**
   * Tells `listener` the probes that sessions want in this thread: at once if there are any, and from the event loop
   * whenever they have changed. The listener must not throw. Absent in the first versions.
   */
  probes?(listener: ProbeListener): void;
  /** Reports a problem of this thread, for `ringtail status`. Absent in the first versions. */
  report?(code: string, message: string): void;
  /** Whether the instruments of the runtime are installed in this thread. */
  isInstrumented?: boolean;
  /** Why nothing can be recorded in this thread, or undefined. */
  readonly inoperative: string | undefined;
}
