import type { Instant } from '@ringtail/base';
import type { EventMessage } from '@ringtail/ctf';
import { durationText } from '../duration-text.ts';

/** Warns of the first event that is earlier than the event before it. */
export function warnBackwards(
  onWarning: ((warning: string) => void) | undefined,
): (event: EventMessage, before: Instant) => void {
  let isReported = false;
  return (event, before) => {
    if (isReported) return;
    isReported = true;
    const { stream, class: of } = event;
    onWarning?.(
      `time runs backwards: event "${of.name}" of ${stream.name} is ${durationText(event, before)} s earlier than the event before it`,
    );
  };
}
