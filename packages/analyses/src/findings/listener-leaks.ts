import { type EventFields, firstText } from './event-fields.ts';
import type { ListenerLeak } from './facts.ts';
import { LINE_LENGTH_MAX, programFrameAt, shortStack } from './stack-lines.ts';

/** The event with warnings of Node.js. */
export const WARNING = 'node_process:warning';

const LEAK = 'MaxListenersExceededWarning';
/** `Possible EventEmitter memory leak detected. 11 data listeners added to [Socket]. MaxListeners is 10.` */
const MESSAGE = /^[^.]*detected\. (\d+) (.+) listeners added(?: to (.+?))?\. /s;

/** @returns undefined for another warning */
export function listenerLeak(fields: EventFields, lines: readonly string[], atNs: bigint): ListenerLeak | undefined {
  if (firstText(fields, 'name') !== LEAK) return undefined;
  const message = firstText(fields, 'message').slice(0, LINE_LENGTH_MAX);
  const [, listeners = '', event = '', emitter = ''] = MESSAGE.exec(message) ?? [];
  const stack = shortStack(lines);
  return {
    atNs,
    emitter,
    event,
    listeners: Number(listeners),
    where: stack[programFrameAt(stack)] ?? '',
    stack: stack.slice(programFrameAt(stack)),
  };
}
