import { type TracepointDescription, tracepointDescription } from '../model/tracepoint.ts';
import { boolean, count, list, object, type Shaped, text } from '../wire/shape.ts';

const listedApplication = object({
  pid: count,
  tid: count,
  uid: count,
  procname: text,
  runtime: text,
  mainThread: boolean,
  /** Index into `tracepointLists`. */
  tracepoints: count,
  /** Failures that the thread reported, in words, newest last; only the first few. */
  troubles: list(text),
});
export type ListedApplication = Shaped<typeof listedApplication>;

/** Applications with each distinct list of tracepoints once: a thousand processes of one program share one list. */
export const applicationList = object({
  applications: list(listedApplication),
  tracepointLists: list(list(tracepointDescription)),
});
export type ApplicationList = Shaped<typeof applicationList>;

/** A registered thread. */
export interface ApplicationDescription extends Omit<ListedApplication, 'tracepoints'> {
  readonly tracepoints: readonly TracepointDescription[];
}
