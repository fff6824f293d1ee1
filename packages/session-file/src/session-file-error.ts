import { RingtailError } from '@ringtail/base';

export type SessionFileErrorCode =
  /** The text is no XML, or has what no session file needs and only an attacker writes. */
  | 'NOT_XML'
  /** The XML is not that of saved sessions. */
  | 'BAD_SESSION_FILE';

/** What is wrong with a file of saved sessions, and where. */
export class SessionFileError extends RingtailError<SessionFileErrorCode> {
  override readonly name = 'SessionFileError';
}
