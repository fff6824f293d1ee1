import { jsonText } from '@ringtail/base/text';
import type { Message } from '@ringtail/ctf';
import { eventJson } from './event-json.ts';
import { printLines } from './print-lines.ts';
import type { TextSink } from './text-sink.ts';

/**
 * Prints events as JSON, an object a line, see `eventJson`.
 *
 * @returns how many events were printed, fewer than there are if the sink did not want more
 */
export function printJson(messages: Iterable<Message>, sink: TextSink): number {
  return printLines(messages, sink, (event) => `${jsonText(eventJson(event))}\n`);
}
