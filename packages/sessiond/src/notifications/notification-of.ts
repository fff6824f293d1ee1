import type { CommandName, Notification } from '@ringtail/protocol';

/** Commands that change a session, with their notifications. */
const KINDS: {
  readonly [Name in CommandName]?: 'session-started' | 'session-stopped' | 'session-cleared' | 'session-changed';
} = {
  'start-session': 'session-started',
  'stop-session': 'session-stopped',
  'begin-stop': 'session-stopped',
  'clear-session': 'session-cleared',
  'enable-channel': 'session-changed',
  'disable-channel': 'session-changed',
  'enable-event': 'session-changed',
  'disable-event': 'session-changed',
  'add-context': 'session-changed',
  track: 'session-changed',
  untrack: 'session-changed',
  'add-snapshot-output': 'session-changed',
  'delete-snapshot-output': 'session-changed',
  'set-rotation-schedule': 'session-changed',
};

/**
 * The notification of a command on this session that has been carried out. Undefined: none, or the command's work sends
 * its own, since the same can happen without a command.
 */
export function notificationOf(command: CommandName, session: string): Notification | undefined {
  const kind = KINDS[command];
  return kind === undefined ? undefined : { kind, session };
}
