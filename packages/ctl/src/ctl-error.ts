import { RingtailError } from '@ringtail/base';

/** What can go wrong between a client and the session daemon; the daemon's own codes come on top. */
export type ConnectionErrorCode =
  /** Nobody listens in the run directory. */
  | 'NO_DAEMON'
  /** The run directory or its socket belongs to another user. */
  | 'NOT_PERMITTED'
  /** The daemon went away before it answered. */
  | 'DAEMON_GONE'
  /** The daemon did not answer in time; whether it carried the request out is not known. */
  | 'TIMEOUT'
  /** The daemon speaks another version, or what answers is no session daemon. */
  | 'PROTOCOL_VERSION'
  | 'BAD_MESSAGE'
  /** The connection was closed with `close()`. */
  | 'CLOSED'
  /** The daemon ended before it was ready; the message has what it said. */
  | 'DAEMON_NOT_STARTED';

/** What can go wrong with files of saved sessions. */
export type SessionFilesErrorCode =
  | 'NO_SUCH_SESSION'
  | 'NO_SAVED_SESSION'
  | 'FILE_EXISTS'
  | 'FILE_NOT_READ'
  | 'FILE_NOT_WRITTEN'
  /** A trigger of the same name does something else. */
  | 'TRIGGER_EXISTS'
  | 'BAD_PARAMETER';

/** A request failed. `code` is the session daemon's where it refused, otherwise a `ConnectionErrorCode`. */
export class CtlError extends RingtailError<string> {
  override readonly name = 'CtlError';
}

export function ctlError(
  code: ConnectionErrorCode | SessionFilesErrorCode,
  message: string,
  cause?: unknown,
): CtlError {
  return new CtlError(code, message, cause === undefined ? undefined : { cause });
}
