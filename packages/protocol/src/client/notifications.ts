/** Notifications to clients that subscribed. */
import { processEnd } from '../model/process-end.ts';
import { triggerReport } from '../model/trigger-report.ts';
import { count, objectOf, optional, type Shaped, text, variant } from '../wire/shape.ts';

const aboutSession = { session: text };

const notification = variant(
  'kind',
  {
    'session-created': aboutSession,
    'session-started': aboutSession,
    'session-stopped': aboutSession,
    'session-changed': aboutSession,
    'session-cleared': aboutSession,
    'session-destroyed': aboutSession,
    'rotation-completed': { session: text, archive: text },
    'snapshot-recorded': { session: text, path: text },
    /** A trigger of the subscriber's user has fired, and has the action `notify`. */
    'trigger-fired': { report: triggerReport },
    'application-registered': { pid: count, tid: count, procname: text, program: text },
    'application-gone': {
      pid: count,
      tid: count,
      procname: text,
      program: text,
      /** End of the process, after its last thread. Absent while the process runs. */
      end: optional(processEnd),
    },
    /** The subscriber did not read: `count` notifications are missing here. */
    dropped: { count },
  },
  'there is no notification of this kind',
);

/**
 * An event in the session daemon. Subscribers get only notifications about sessions and applications that they may see.
 */
export type Notification = Shaped<typeof notification>;

export interface NotificationMessage {
  readonly notification: Notification;
}

/**
 * The notification in a message of a session daemon; undefined if the message is an answer.
 *
 * @throws {ShapeError} `BAD_MESSAGE`
 */
export function notificationOf(message: unknown): Notification | undefined {
  const json = objectOf(message, 'a message');
  return json.notification === undefined ? undefined : notification(json.notification, 'notification', 'types');
}
