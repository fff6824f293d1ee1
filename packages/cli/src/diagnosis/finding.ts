/** What can stand between a program and its trace; in the order in which an event meets it. */
export type FindingCode =
  | 'NO_DAEMON'
  | 'CONSUMER_UNAVAILABLE'
  | 'NOT_STARTED'
  | 'NO_RULE'
  | 'CHANNEL_DISABLED'
  | 'SHARE_USED_UP'
  | 'NO_APPLICATION'
  | 'OTHER_DAEMON'
  | 'OTHER_USER'
  | 'UNTRACKED'
  | 'NO_TRACEPOINT'
  | 'NO_MATCHING_TRACEPOINT'
  | 'ALL_EXCLUDED'
  | 'LOG_LEVEL'
  | 'FILTER_LACKS_FIELD'
  | 'FILTER_NEVER_TRUE'
  | 'RULES_NOT_COMPARED'
  | 'NOT_RECORDED'
  | 'SHARED_MEMORY_REFUSED'
  | 'TRACEPOINT_REFUSED'
  | 'NO_RING'
  | 'ALL_DISCARDED'
  | 'DISK_FULL'
  | 'NOT_WRITTEN'
  | 'TRACE_REMOVED'
  | 'TRACE_MOVED'
  | 'TRACE_REPAIRED'
  | 'CLOCK_DIFFERS'
  | 'TROUBLE'
  | 'NOT_REACHED';

/** One reason why a session has no events, or not all of them. */
export interface Finding {
  readonly code: FindingCode;
  /** What is wrong, a sentence without its full stop. */
  readonly what: string;
  /** What it was seen by. */
  readonly evidence: readonly string[];
  /** What to do about it. */
  readonly nextStep: string;
}

/** Lists of evidence are cut when they are longer. */
const SHOWN_MAX = 20;

/** The first few lines, and how many more there are. */
export function shortened(lines: readonly string[]): string[] {
  if (lines.length <= SHOWN_MAX) return [...lines];
  return [...lines.slice(0, SHOWN_MAX), `and ${lines.length - SHOWN_MAX} more`];
}
