import { RingtailError } from '@ringtail/base';

/** Codes of failures between a client and the session daemon. The daemon has codes of its own. */
export type ConnectionErrorCode =
  /** No daemon listens in the run directory. */
  | 'NO_DAEMON'
  /** The run directory or its socket belongs to another user. */
  | 'NOT_PERMITTED'
  /** The daemon ended before it answered. */
  | 'DAEMON_GONE'
  /** The daemon did not answer in time. It may have carried the request out. */
  | 'TIMEOUT'
  /** The daemon speaks another version, or the peer is no session daemon. */
  | 'PROTOCOL_VERSION'
  | 'BAD_MESSAGE'
  /** The connection was closed with `close()`. */
  | 'CLOSED'
  /** The daemon ended before it was ready; the message holds its output. */
  | 'DAEMON_NOT_STARTED';

/** Codes of failures with files of saved sessions. */
export type SessionFilesErrorCode =
  | 'NO_SUCH_SESSION'
  | 'NO_SAVED_SESSION'
  | 'FILE_EXISTS'
  | 'FILE_NOT_READ'
  | 'FILE_NOT_WRITTEN'
  /** Another trigger has the same name. */
  | 'TRIGGER_EXISTS'
  | 'BAD_PARAMETER';

/** A request failed. `code` is the session daemon's if the daemon refused, else a `ConnectionErrorCode`. */
export class CtlError extends RingtailError<string> {
  override readonly name = 'CtlError';
  /** The next step, from the session daemon. */
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    options?: { readonly cause?: unknown; readonly hint?: string | undefined },
  ) {
    super(code, message, options);
    this.hint = options?.hint;
  }
}

export function ctlError(
  code: ConnectionErrorCode | SessionFilesErrorCode,
  message: string,
  cause?: unknown,
): CtlError {
  return new CtlError(code, message, cause === undefined ? undefined : { cause });
}
