import type { DataStream, EventHandler, EventRecordClass, LossMessage } from '@ringtail/ctf';
import { type TraceReader, visitEvents } from '@ringtail/reader/pure';

/**
 * An analysis: it sees events one after the other in the order of time, keeps a state of bounded size, and makes data
 * of it.
 *
 * A function with the options of the analysis makes handlers. States of handlers with equal options merge in any order.
 * So the parts of a trace, or the traces of several hosts, can be analysed in different processes.
 */
export interface Handler<State, Data> {
  /**
   * Chooses the fields of events of a class, and receives these events. It is called before the first event of the
   * class in the data streams of one class, and may be called again later.
   *
   * @returns undefined if the analysis needs no such events
   */
  see(of: EventRecordClass, stream: DataStream): EventHandler | undefined;
  /** Receives the report that a trace lacks events or packets. */
  seeLoss(loss: LossMessage): void;
  /** The state as plain data, which `structuredClone` copies. */
  state(): State;
  /** Adds the state of another handler to the state of this one. */
  merge(state: State): void;
  /** The result. */
  data(): Data;
}

/**
 * Shows all events that are left to a handler.
 *
 * @throws an error of the reader's `next`
 */
export function runHandler(reader: TraceReader, handler: Handler<unknown, unknown>): void {
  visitEvents(reader, (of, stream) => handler.see(of, stream), { onLoss: (loss) => handler.seeLoss(loss) });
}
