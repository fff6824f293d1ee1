import type { DataStream, EventMessage, Instant, Message } from '@ringtail/ctf';
import { EventLine } from './pretty/event-line.ts';
import { lossLine } from './pretty/loss-line.ts';
import { deltaText, TimeFormat } from './pretty/pretty-time.ts';
import type { TextSink } from './text-sink.ts';

export interface PrettyOptions {
  /** Times in UTC instead of the local time zone. */
  readonly utc?: boolean;
  /** Takes warnings about losses, a line each. Without it they are left out. */
  readonly warnings?: TextSink;
}

/** Text is handed on in pieces of about this many characters. */
const CHUNK_CHARACTERS = 1 << 16;

/**
 * Prints messages as `babeltrace2 TRACE` does by default when its output is no terminal.
 *
 *     [13:33:28.481421787] (+0.000002103) host shop:order: { cpu_id = 1 }, { id = 7, customer = "Ann" }
 *
 * Where a value of an enumeration has several labels, they are shown as by Babeltrace 2.1.
 *
 * When the messages end with an exception, everything before it has been written.
 *
 * @returns how many events were printed, fewer than there are if the sink did not want more
 */
export function printPretty(messages: Iterable<Message>, sink: TextSink, options: PrettyOptions = {}): number {
  const printer = new PrettyPrinter(options);
  let eventCount = 0;
  let chunk = '';
  try {
    for (const message of messages) {
      if (message.kind === 'event') {
        chunk += printer.eventLine(message);
        eventCount++;
      } else {
        options.warnings?.write(printer.lossLine(message));
      }
      if (chunk.length >= CHUNK_CHARACTERS) {
        const full = chunk;
        chunk = '';
        if (!sink.write(full)) break;
      }
    }
  } finally {
    if (chunk !== '') sink.write(chunk);
  }
  return eventCount;
}

class PrettyPrinter {
  readonly #time: TimeFormat;
  readonly #lines = new Map<DataStream, EventLine>();
  #previous: Instant | undefined;

  constructor({ utc = false, warnings }: PrettyOptions) {
    this.#time = new TimeFormat(utc, (line) => warnings?.write(line));
  }

  eventLine(event: EventMessage): string {
    let line = this.#lines.get(event.stream);
    if (line === undefined) {
      line = new EventLine(event.stream);
      this.#lines.set(event.stream, line);
    }
    if (event.stream.clockClass === undefined) return line.text(event);
    const delta = this.#previous === undefined ? '+?.?????????' : deltaText(this.#previous, event);
    this.#previous = event;
    return `[${this.#time.timeOfDay(event)}] (${delta}) ${line.text(event)}`;
  }

  lossLine(loss: Exclude<Message, EventMessage>): string {
    return lossLine(loss, this.#time);
  }
}
