/** Messages about channels that the thread records into, and about its tracepoints. */

import { CONTROL_COUNTER_COUNT, CONTROL_WRONG_COUNTERS_FROM } from '../control/control-page.ts';
import { channelKey } from '../model/channel.ts';
import { EVENT_NAME_BYTES_MAX, SPEC_DEPTH_MAX, tracepointDescription } from '../model/tracepoint.ts';
import { wrongValueField } from '../model/wrong-value.ts';
import { type JsonValue, shallowJson } from '../wire/json-value.ts';
import { count, integer, list, nullable, objectOf, type Shape } from '../wire/shape.ts';
import { foreignText, plainText } from '../wire/text.ts';
import { DECLARE_EVENTS_MAX, TRACEPOINTS_MAX } from './limits.ts';

const eventName = plainText(EVENT_NAME_BYTES_MAX);
const shallowSpec = shallowJson(SPEC_DEPTH_MAX, `an event is nested more than ${SPEC_DEPTH_MAX} deep`);
/** `EventSpec` of `@ringtail/ctf`, passed on unread but for its name and its depth. */
const eventSpec: Shape<JsonValue> = (value, name, extent) => {
  eventName(objectOf(value, name).name, 'name', extent);
  return shallowSpec(value, name, extent);
};

export const recordingMessages = {
  /** Requests event record class identifiers in a channel. Equal descriptions get equal identifiers. */
  declare: { channel: channelKey, events: list(eventSpec, DECLARE_EVENTS_MAX, 'an event') },
  /**
   * Announces a ring that the thread made and is about to use. Carries the ring's descriptor.
   * The kernel keeps messages in flight: once sent, the ring outlives its thread.
   */
  ring: {
    channel: channelKey,
    /** Size of the file. */
    bytes: integer(1, 2 ** 31 - 1),
  },
  /** Reports a failure of the thread, for the daemon's log and `ringtail list`. */
  trouble: { channel: nullable(channelKey), code: foreignText(255), message: foreignText(1024) },
  /**
   * Announces a counter of the control file: from now on it counts the events of a channel in which a value did not fit
   * this field.
   */
  'wrong-value': {
    channel: channelKey,
    ...wrongValueField,
    index: integer(CONTROL_WRONG_COUNTERS_FROM, CONTROL_COUNTER_COUNT - 1),
    /** Value of the counter at that time: the count begins here, and the count of a former field ends. */
    start: count,
  },
  /** Lists all tracepoints of the thread. Sent whenever the list has grown. */
  tracepoints: { tracepoints: list(tracepointDescription, TRACEPOINTS_MAX, 'a tracepoint') },
};
