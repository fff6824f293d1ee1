import { RingtailError } from '@ringtail/base';

export type SessionFileErrorCode =
  /** The text is malformed XML, or has parts that only an attacker writes. */
  | 'NOT_XML'
  /** The XML is no file of saved sessions. */
  | 'BAD_SESSION_FILE';

/** An error in a file of saved sessions, with its place. */
export class SessionFileError extends RingtailError<SessionFileErrorCode> {
  override readonly name = 'SessionFileError';
}
