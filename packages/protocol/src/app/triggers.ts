/** Messages about triggers whose conditions the thread evaluates. */
import { CONTROL_WRONG_COUNTERS_FROM } from '../control/control-page.ts';
import { CAPTURES_MAX, capturedValue } from '../model/captured-value.ts';
import { count, integer, list, object } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';

const MAP_KEY_LENGTH_MAX = 512;

const counter = object({
  index: integer(0, CONTROL_WRONG_COUNTERS_FROM - 1),
  group: count,
  key: foreignText(MAP_KEY_LENGTH_MAX),
  /** Value of the counter at that time: the key begins here, and a former key ends. */
  start: count,
});

export const triggerMessages = {
  /**
   * Reports events that a trigger's rule matched: the first one at once, then at most a hundred times a second for each
   * trigger.
   */
  'trigger-matched': {
    trigger: count,
    /** Since the last report. */
    matches: count,
    /** Events that the thread could not evaluate, since the last report. */
    discarded: count,
    /** Values of the newest match, in the order of `DesiredReports.captures`. */
    captures: list(capturedValue, CAPTURES_MAX),
  },
  /** Announces counters that the thread now uses for keys of maps, and no longer for any former key. */
  counters: { counters: list(counter, CONTROL_WRONG_COUNTERS_FROM, 'a counter') },
};
