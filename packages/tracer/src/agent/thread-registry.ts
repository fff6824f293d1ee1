import type { EventSpec } from '@ringtail/ctf';

/**
 * The tracer of one JavaScript thread, which all copies of `@ringtail/tracer` in that thread share.
 *
 * This is an interface between versions of Ringtail: it may grow under its symbol (`api/registry.ts`), or change under
 * another.
 */
export interface ThreadRegistry {
  readonly version: string;
  /** Declares an event and returns its tracepoint function. */
  declare(spec: EventSpec): unknown;
  /** Withdraws tracepoints: they do nothing from then on, and no listing has them. Absent in the first versions. */
  withdraw?(tracepoints: readonly unknown[]): void;
  /** Defines `$app.PROVIDER:NAME`. Absent in the first versions. */
  context?(provider: string, name: string, read: () => unknown): void;
  /** Why nothing can be recorded in this thread, or undefined. */
  readonly inoperative: string | undefined;
}
