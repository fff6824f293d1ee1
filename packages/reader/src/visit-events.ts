import type { EventHandlers, HandlerChoice, LossMessage } from '@ringtail/ctf';
import { EventVisitor } from '@ringtail/ctf/internal';
import type { TraceReader } from './trace-reader.ts';

/**
 * Shows the events of opened traces to handlers in the order of time, without making an object for any of them.
 *
 * @param handlers by the name of events, see `EventHandlers`, or a function that chooses the handler of each class
 * @throws an error of the reader's `next`, or of a handler; the reader cannot be used further then
 */
export function visitEvents(
  reader: TraceReader,
  handlers: EventHandlers | HandlerChoice,
  options: { readonly onLoss?: (loss: LossMessage) => void } = {},
): void {
  reader.drain(new EventVisitor(handlers, options.onLoss as ConstructorParameters<typeof EventVisitor>[1]));
}
