import { RingtailError } from '@ringtail/base';

export type DaemonErrorCode =
  // To clients.
  | 'BAD_PARAMETER'
  | 'PROTOCOL_VERSION'
  | 'SESSION_EXISTS'
  | 'NAME_TAKEN'
  | 'NO_SUCH_SESSION'
  | 'OUTPUT_IN_USE'
  | 'OUTPUT_NOT_WRITABLE'
  | 'PLACE_NOT_ANSWERING'
  | 'CHANNEL_EXISTS'
  | 'NO_CHANNEL'
  | 'CHANNEL_NAME_NEEDED'
  | 'OWNERSHIP_MISMATCH'
  | 'RULE_EXISTS'
  | 'NO_EVENT'
  | 'KERNEL_REFUSED'
  | 'NO_RULE'
  | 'BAD_FILTER'
  | 'BAD_CAPTURE'
  | 'TRIGGER_EXISTS'
  | 'NO_TRIGGER'
  | 'MAP_EXISTS'
  | 'NO_MAP'
  | 'CONTEXT_EXISTS'
  | 'BAD_CONTEXT'
  | 'UNKNOWN_CONTEXT'
  | 'ALREADY_STARTED'
  | 'ALREADY_STOPPED'
  | 'NOT_STARTED'
  | 'NOT_PERMITTED'
  | 'NO_CLOCK'
  | 'NOT_A_SNAPSHOT_SESSION'
  | 'SNAPSHOT_OUTPUT_EXISTS'
  | 'NO_SNAPSHOT_OUTPUT'
  | 'NEVER_STARTED'
  | 'ROTATION_NOT_AVAILABLE'
  | 'ROTATED_ALREADY'
  | 'ROTATION_PENDING'
  | 'ROTATION_SCHEDULE_SET'
  | 'NO_ROTATION_SCHEDULE'
  | 'PER_PROCESS_SESSION'
  | 'TOO_MANY'
  | 'ANSWER_TOO_LONG'
  | 'SHUTTING_DOWN'
  | 'CONSUMER_UNAVAILABLE'
  | 'UNSUPPORTED'
  // To applications.
  | 'FILE_SIZE_LIMIT'
  // At start.
  | 'BAD_ARGUMENT'
  | 'RUN_DIRECTORY_REFUSED'
  | 'ALREADY_RUNNING';

/** A refusal by the session daemon: the code is for the client, the message for a person. */
export class DaemonError extends RingtailError<DaemonErrorCode> {
  override readonly name = 'DaemonError';
  /** The next step, where the code alone does not tell it. */
  readonly hint: string | undefined;

  constructor(code: DaemonErrorCode, message: string, options?: { readonly cause?: unknown; readonly hint?: string }) {
    super(code, message, options);
    this.hint = options?.hint;
  }
}
