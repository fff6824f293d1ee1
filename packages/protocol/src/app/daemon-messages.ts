/**
 * Messages of a session daemon to an application's thread.
 *
 * The control file says what the thread has to record. The daemon sends only answers and `look`.
 */
import { count, list, type Shape, type Shaped, text, variant } from '../wire/shape.ts';

type RefusalCode =
  | 'PROTOCOL_VERSION'
  | 'NOT_PERMITTED'
  | 'SHARE_USED_UP'
  | 'BAD_MESSAGE'
  | 'NO_CHANNEL'
  | 'METADATA_NOT_WRITTEN';

const daemonMessage = variant(
  'type',
  {
    /** Answer to `register`. The desired state is in the control file before the daemon sends this. */
    registered: { daemonVersion: text },
    /** Answer to `declare`: one identifier for each event, in order. */
    declared: { ids: list(count) },
    /** Answer to `register` or `declare`. */
    refused: { code: text as Shape<RefusalCode>, message: text },
    /**
     * The control file has news that must not wait for the thread's next event. No answer to any message.
     * `turn` ≠ 0: the thread answers with `alive` and this number.
     */
    look: { turn: count },
  },
  'there is no message of this type',
);

export type DaemonMessage = Shaped<typeof daemonMessage>;
export type RefusedReply = Extract<DaemonMessage, { readonly type: 'refused' }>;
export type LookMessage = Extract<DaemonMessage, { readonly type: 'look' }>;
export type AppReply = Exclude<DaemonMessage, LookMessage>;

/** @throws {ShapeError} `BAD_MESSAGE` */
export function checkDaemonMessage(message: unknown): DaemonMessage {
  return daemonMessage(message, 'a message', 'types');
}
