import { integer, list, object, oneOf, optional, refined, type Shaped } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { namePattern } from './names.ts';

const EXCLUDE_PATTERNS_MAX = 64;
const LOG_LEVEL_MAX = 14;
export const FILTER_BYTES_MAX = 65_536;

const logLevel = integer(0, LOG_LEVEL_MAX);
const logLevels = refined(object({ from: logLevel, to: logLevel }), ({ from, to }) => {
  return { from, to: integer(from, LOG_LEVEL_MAX)(to, 'to', 'all') };
});

/**
 * Kinds of kernel events that a rule of a channel matches. `syscall` names system calls, `all` means these and
 * tracepoints. The others are LTTng's dynamic probes, which the session daemon refuses by what they need.
 */
export const ruleType = oneOf(['tracepoint', 'syscall', 'all', 'probe', 'function', 'userspace-probe']);
export type RuleType = Shaped<typeof ruleType>;

/** Events that a channel records or a trigger matches. Several rules of a channel are alternatives. */
export const eventRule = object({
  /** `provider:event` with `*` anywhere. */
  pattern: namePattern,
  /** Patterns of names that the rule leaves out. */
  exclude: optional(list(namePattern, EXCLUDE_PATTERNS_MAX)),
  /** Log levels, LTTng's numbers, both ends included; absent for all. Lower numbers are more severe. */
  logLevel: optional(logLevels),
  /** Only events for which this expression of LTTng's filter language is true. */
  filter: optional(plainText(FILTER_BYTES_MAX)),
});
export type EventRule = Shaped<typeof eventRule>;
