import type { Message } from '@ringtail/ctf';
import { TraceReader } from '../trace-reader.ts';
import { type PrettyOptions, PrettyPrinter } from './pretty/pretty-printer.ts';
import { TextBuffer } from './text/text-buffer.ts';
import type { TextSink } from './text-sink.ts';

/**
 * Prints messages as `babeltrace2 TRACE` does by default when its output is no terminal.
 *
 *     [13:33:28.481421787] (+0.000002103) host shop:order: { cpu_id = 1 }, { id = 7, customer = "Ann" }
 *
 * Where a value of an enumeration has several labels, they are shown as by Babeltrace 2.1.
 *
 * When the messages end with an exception, everything before it has been written.
 *
 * @param messages a whole `TraceReader` is printed several times faster than its messages one by one
 * @returns how many events were printed, fewer than there are if the sink did not want more
 */
export function printPretty(messages: Iterable<Message>, sink: TextSink, options: PrettyOptions = {}): number {
  const printer = new PrettyPrinter(new TextBuffer(sink), options);
  try {
    if (messages instanceof TraceReader) {
      messages.drain(printer);
    } else {
      for (const message of messages) {
        printer.take(message);
        if (!printer.isWanted) break;
      }
    }
  } finally {
    printer.finish();
  }
  return printer.eventCount;
}
