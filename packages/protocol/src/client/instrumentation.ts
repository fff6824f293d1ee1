import { type TracepointDescription, tracepointDescription } from '../model/tracepoint.ts';
import { boolean, count, list, object, type Shaped, text } from '../wire/shape.ts';

const listedApplication = object({
  pid: count,
  tid: count,
  uid: count,
  procname: text,
  /** Name of the program: its title, else its package and script, such as `shop/server.js`. */
  program: text,
  runtime: text,
  mainThread: boolean,
  /** Index into `tracepointLists`. */
  tracepoints: count,
  /** Failures that the thread reported, in words, newest last; only the first few. */
  troubles: list(text),
});
export type ListedApplication = Shaped<typeof listedApplication>;

/**
 * Programs and events that a domain can record. Each distinct list of tracepoints is there once: a thousand processes
 * of one program share one list.
 */
export const instrumentation = object({
  applications: list(listedApplication),
  tracepointLists: list(list(tracepointDescription)),
  /** Events that belong to no application: those of the kernel. */
  events: list(tracepointDescription),
});
export type Instrumentation = Shaped<typeof instrumentation>;

/** A registered thread. */
export interface ApplicationDescription extends Omit<ListedApplication, 'tracepoints'> {
  readonly tracepoints: readonly TracepointDescription[];
}
