/** Desired state: what one thread ought to record, as a session daemon publishes it in the control file. */
export interface DesiredState {
  readonly channels: readonly DesiredChannel[];
  readonly triggers: readonly DesiredTrigger[];
}

/** How a desired state differs from the one before; the first one differs from nothing. */
export interface DesiredStateChange {
  /** All of them, in place of those before; absent: they stay. */
  readonly channels?: readonly DesiredChannel[];
  /** Keys of triggers that are no more. */
  readonly removed?: readonly number[];
  /** Triggers that came. */
  readonly added?: readonly DesiredTrigger[];
}

/** A rule whose matches count or are told, whether or not a session records the event. */
export interface DesiredTrigger {
  /** Unique among all that this daemon ever had: another trigger never has it. */
  readonly key: number;
  readonly rule: EventRule;
  /** Tell the daemon of matches (`trigger-matched`), with the values of these expressions; null: only count. */
  readonly captures: readonly string[] | null;
  /** Index of the counter that each match adds one to, as a template of an index: see `CounterKey`; null: none. */
  readonly counter: CounterKey | null;
}

/**
 * Which counter of the thread's control file: one for all events, or one for each key that the template gives, which the
 * thread numbers and announces (`counters`).
 */
export type CounterKey =
  | { readonly index: number }
  | {
      readonly map: number;
      readonly template: string;
      /**
       * Announced like `map`, for a counter of what is too much where an event is to add one to a key: with each trigger of the same
       * `repeats` and the same key that the event sets off after the first, one is added to it as well. Absent: each trigger counts.
       */
      readonly repeats?: number;
    };

/** A channel of an active session that this thread's events may go to. */
export interface DesiredChannel {
  /** Unique among all channels of all sessions this daemon ever had. */
  readonly key: number;
  readonly session: string;
  readonly name: string;
  /** Of the trace that this thread's data streams belong to; 8-4-4-4-12 hexadecimal. */
  readonly traceUuid: string;
  readonly streamClassId: number;
  readonly header: EventHeaderKind;
  readonly mode: 'discard' | 'overwrite';
  readonly subBufBytes: number;
  readonly subBufCount: number;
  /** Bytes of a sub-buffer that records may take, so that the packet fits into a trace file; absent: all. */
  readonly recordsBytesMax?: number;
  readonly clock: ClockKind;
  /**
   * By how many nanoseconds CLOCK_MONOTONIC of the recording is ahead of that of the kernel's first time namespace, so that
   * threads in another namespace can give its times; absent: 0.
   */
  readonly monotonicOffsetNs?: number;
  /** Directory for ring files; null for memfds. */
  readonly ringDirectory: string | null;
  /** FIFO to write one byte to when a sub-buffer is closed and the consumer asked for it. */
  readonly wakePath: string;
  /** As the channel's attribute of that name. */
  readonly blockingTimeoutUs: number | null;
  readonly preallocation: 'preallocate' | 'on-demand';
  /** Names of context fields, in the order in which they are written. */
  readonly contexts: readonly string[];
  /** Grows whenever the thread is to record its state; 0: not at all. */
  readonly statedump: number;
  /** Grows whenever the thread is to give back the memory of sub-buffers that are free. */
  readonly reclaim: number;
  /** Clock value: only of those whose newest event is not newer. */
  readonly reclaimUntil: number;
  /** Indexes of the thread's counters of evaluated filters, and of those that were false; null: they are not counted. */
  readonly filterCounters: { readonly evaluated: number; readonly rejected: number } | null;
  readonly rules: readonly EventRule[];
}

export type EventHeaderKind = 'compact' | 'large';
export type ClockKind = 'monotonic' | 'tsc';

/** Which events a channel records. Several rules are alternatives. */
export interface EventRule {
  /** `provider:event` with `*` anywhere. */
  readonly pattern: string;
  /** Patterns of names that the rule leaves out. */
  readonly exclude?: readonly string[];
  /** Log levels, LTTng's numbers, both ends included; absent for all. Lower numbers are more severe. */
  readonly logLevel?: { readonly from: number; readonly to: number };
  /** Only events for which this expression of LTTng's filter language is true. */
  readonly filter?: string;
}

/** Whether `name` matches `pattern`, in which `*` stands for any run of characters and `\*` for itself. */
export function matchesPattern(pattern: string, name: string): boolean {
  return patternMatcher(pattern)(name);
}

/** Whether an event of this name and log level is one that the rule records. */
export function ruleMatches(rule: EventRule, name: string, logLevel: number): boolean {
  return ruleMatcher(rule)(name, logLevel);
}

/** The same for whoever asks often. */
export function ruleMatcher({ pattern, exclude, logLevel }: EventRule): (name: string, logLevel: number) => boolean {
  const isIncluded = patternMatcher(pattern);
  const excluded = exclude?.map(patternMatcher) ?? [];
  const { from, to } = logLevel ?? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return (name, level) => level >= from && level <= to && isIncluded(name) && !excluded.some((takes) => takes(name));
}

/**
 * Matches names with one pattern. Not a regular expression: there may be thousands of patterns, and one takes longer to compile
 * than to match.
 */
export function patternMatcher(pattern: string): (name: string) => boolean {
  const [first, ...between] = literalsOf(pattern) as [string, ...string[]];
  const last = between.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    const end = name.length - last.length;
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const literal of between) {
      const found = name.indexOf(literal, at);
      if (found === -1 || found + literal.length > end) return false;
      at = found + literal.length;
    }
    return true;
  };
}

/** Most searches that a comparison of a name with this pattern takes. */
export function searchesOf(pattern: string): number {
  return literalsOf(pattern).length;
}

/** What stands before, between and behind the stars. */
function literalsOf(pattern: string): string[] {
  const literals = [''];
  for (const [part] of pattern.matchAll(/\\\*|\*+|[^*\\]+|\\/g)) {
    if (part.startsWith('*')) literals.push('');
    else literals[literals.length - 1] += part === '\\*' ? '*' : part;
  }
  return literals;
}
