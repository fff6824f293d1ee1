import type { EventMessage, Message } from '@ringtail/ctf';
import type { TextSink } from './text-sink.ts';

const CHUNK_CHARACTERS = 1 << 16;

/**
 * Prints some text for each event, in large pieces.
 *
 * When the messages end with an exception, everything before it has been written.
 *
 * @param head text before the first event
 * @returns number of printed events, fewer than there are if the sink did not want more
 */
export function printLines(
  messages: Iterable<Message>,
  sink: TextSink,
  textOf: (event: EventMessage) => string,
  head = '',
): number {
  let chunk = head;
  let eventCount = 0;
  try {
    for (const message of messages) {
      if (message.kind !== 'event') continue;
      chunk += textOf(message);
      eventCount++;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      const full = chunk;
      chunk = '';
      if (!sink.write(full)) break;
    }
  } finally {
    if (chunk !== '') sink.write(chunk);
  }
  return eventCount;
}
