import type { Message } from '@ringtail/ctf';
import { eventJson } from './event-json.ts';
import type { TextSink } from './text-sink.ts';

const CHUNK_CHARACTERS = 1 << 16;

/**
 * Prints events as JSON, an object a line, see `eventJson`.
 *
 * @returns how many events were printed, fewer than there are if the sink did not want more
 */
export function printJson(messages: Iterable<Message>, sink: TextSink): number {
  let chunk = '';
  let eventCount = 0;
  try {
    for (const message of messages) {
      if (message.kind !== 'event') continue;
      chunk += `${JSON.stringify(eventJson(message))}\n`;
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
