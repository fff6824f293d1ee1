/** Obstacles between a program and its trace, in the order in which an event meets them. */
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
  | 'WRONG_VALUES'
  | 'TROUBLE'
  | 'NOT_REACHED';

/** One reason for missing events. */
export interface Finding {
  readonly code: FindingCode;
  /** The problem, a sentence without its full stop. */
  readonly what: string;
  /** Observations that show the problem. */
  readonly evidence: readonly string[];
  /** Next step. */
  readonly nextStep: string;
  /** What was probably meant: the pattern of a misspelt rule, or the field of a filter. */
  readonly meant?: string;
}

/** Longest list of evidence; longer lists are cut. */
const SHOWN_MAX = 20;

/** The first lines, and the number of further lines. */
export function shortened(lines: readonly string[]): string[] {
  if (lines.length <= SHOWN_MAX) return [...lines];
  return [...lines.slice(0, SHOWN_MAX), `and ${lines.length - SHOWN_MAX} more`];
}
