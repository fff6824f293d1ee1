/**
 * Triggers: a condition with the actions that it sets off.
 *
 * Applications evaluate conditions about events at the tracepoint, whether or not a session records the event. The
 * session daemon evaluates all others.
 */
import { isAbsolute } from 'node:path';
import {
  count,
  eitherBy,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  refined,
  refuseShape,
  type Shaped,
  size,
  text,
  variant,
} from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { CAPTURES_MAX } from './captured-value.ts';
import { type DomainName, domainName } from './domain.ts';
import { eventRule } from './event-rule.ts';
import { httpHeader, repeatedHeader } from './http-header.ts';
import { channelName, mapName, namePattern, sessionName, snapshotName, triggerName } from './names.ts';
import { exitCauses } from './process-end.ts';
import { snapshotOutputParameters } from './snapshot.ts';

/**
 * Bounds of each list and text of a trigger. The size of a client's frame bounds the whole definition, and the user's
 * share bounds the definitions that the session daemon keeps.
 */
const ACTIONS_MAX = 64;
const CAPTURE_BYTES_MAX = 1024;
const KEY_TEMPLATE_BYTES_MAX = 256;
const EXEC_WORDS_MAX = 256;
/** A word may be a path of PATH_MAX bytes. */
const EXEC_WORD_BYTES_MAX = 4096;
const URL_BYTES_MAX = 2048;
const ATTEMPTS_MAX = 100;
const HEADERS_MAX = 32;
/** PATH_MAX without the final zero. */
const PATH_BYTES_MAX = 4095;
/** The session daemon keeps the times of this number of executions. */
export const EXECUTIONS_MAX = 100;

/** Domain of a channel or map; absent: user space. A check removes `user`, so that equal definitions are equal JSON. */
const domain = optional<DomainName | undefined>((value, name, extent) => {
  const domain = domainName(value, name, extent);
  return domain === 'user' ? undefined : domain;
});

const triggerCondition = variant(
  'kind',
  {
    /**
     * An application emits an event that the rule matches. `captures` are operands of the filter language; reports hold
     * their values.
     */
    'event-rule-matches': { rule: eventRule, captures: list(plainText(CAPTURE_BYTES_MAX), CAPTURES_MAX) },
    /** Use of the channel's fullest ring ≥ or ≤ threshold, at the moment when that becomes true. */
    'channel-buffer-usage': {
      session: sessionName,
      domain,
      channel: channelName,
      comparison: oneOf(['at-least', 'at-most']),
      /** Part of the ring, 0 to 1, or bytes. */
      threshold: eitherBy('ratio', object({ ratio: number(0, 1) }), object({ bytes: count })),
    },
    /** Bytes that the session has recorded since it was created ≥ `bytes`: once. */
    'session-consumed-size': { session: sessionName, bytes: count },
    'session-rotation': { session: sessionName, phase: oneOf(['starts', 'finishes']) },
    /** A failure keeps a session from recording all that it should: once for each failure. */
    'session-trouble': { session: sessionName },
    /** A process whose name matches has ended for one of the causes; exit code 0 never counts. */
    'application-exited': { procname: namePattern, causes: exitCauses },
    /**
     * Events a second that the rule matches, over all applications, > `perSecond`, at the moment when that becomes
     * true.
     */
    'event-rate-above': { rule: eventRule, perSecond: number(0, Number.MAX_SAFE_INTEGER) },
    /** The rule has matched no event for this period although an application is registered, when that becomes true. */
    'no-event-for': { rule: eventRule, periodUs: size },
    /**
     * A thread of a process whose name matches has not returned to its event loop for this period, when that becomes
     * true.
     */
    'event-loop-stalled': { procname: namePattern, periodUs: size },
  },
  'there is no condition of this kind',
);
export type TriggerCondition = Shaped<typeof triggerCondition>;

/** `periodUs` is in microseconds: less than 285 years. */
const atMost = object({ atMost: integer(1, EXECUTIONS_MAX), periodUs: size });

/**
 * Which occurrences of its condition carry an action out: every nth, only the nth, or each, but at most `atMost` in any
 * period of this length.
 */
const ratePolicy = eitherBy(
  'onceAfter',
  object({ onceAfter: size }),
  eitherBy('atMost', atMost, object({ every: size })),
);
export type RatePolicy = Shaped<typeof ratePolicy>;
export const EVERY_TIME: RatePolicy = { every: 1 };

const rated = { ratePolicy };
const onSession = { ratePolicy, session: sessionName };
const timeoutMs = integer(1, 3_600_000);

/** A relative name would be searched for in a PATH that is not the owner's. */
const command = refined(list(plainText(EXEC_WORD_BYTES_MAX), EXEC_WORDS_MAX), (words) => {
  if (words[0] !== undefined && isAbsolute(words[0])) return words;
  return refuseShape('command must begin with an absolute path');
});

const url = refined(plainText(URL_BYTES_MAX), (value) => {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:' ? value : refuseShape('url must be one of HTTP');
});

const headers = refined(list(httpHeader, HEADERS_MAX, 'a header'), (given) => {
  const repeated = repeatedHeader(given);
  return repeated === undefined ? given : refuseShape(`the header ${repeated} is given twice`);
});

const tokenFile = refined(plainText(PATH_BYTES_MAX), (path) =>
  isAbsolute(path) ? path : refuseShape('tokenFile must be an absolute path'),
);

const triggerAction = variant(
  'kind',
  {
    notify: rated,
    'start-session': onSession,
    'stop-session': onSession,
    'rotate-session': onSession,
    'snapshot-session': {
      ...onSession,
      output: nullable(snapshotOutputParameters),
      name: nullable(snapshotName),
      maxBytes: nullable(size),
    },
    /** Adds one to a counter. In the key, `{event_name}` and `{provider_name}` stand for the names of the event. */
    increment: { ...onSession, domain, map: mapName, key: plainText(KEY_TEMPLATE_BYTES_MAX) },
    /** Runs a program as the trigger's owner, with a `TriggerReport` as JSON on standard input. */
    exec: { ...rated, command, timeoutMs },
    /**
     * Posts a `TriggerReport` as JSON. `tokenFile` is the absolute path of a private file of the trigger's owner, whose
     * text is sent as a bearer token.
     */
    webhook: {
      ...rated,
      url,
      timeoutMs,
      attempts: integer(1, ATTEMPTS_MAX),
      headers: optional(headers),
      tokenFile: optional(tokenFile),
    },
  },
  'there is no action of this kind',
);
export type TriggerAction = Shaped<typeof triggerAction>;

export const triggerDefinition = object({
  /** Unique among the triggers of its owner; null: `trigger0`, `trigger1`, … */
  name: nullable(triggerName),
  condition: triggerCondition,
  /** Carried out one after the other, in this order. */
  actions: list(triggerAction, ACTIONS_MAX, 'an action'),
});
export type TriggerDefinition = Shaped<typeof triggerDefinition>;

export const triggerDescription = object({
  ...triggerDefinition.members,
  name: triggerName,
  uid: count,
  /** How often the condition has held. */
  occurrences: count,
  /** Events that applications could not evaluate, and so did not report: hit inside a recorder, or a filter threw. */
  messagesDiscarded: count,
  /** One for each action, in order. */
  actionStatistics: list(
    object({
      executions: count,
      failures: count,
      /** Occurrences for which the rate policy by time has withheld the action. */
      suppressed: count,
      /** Reason of the last failure. */
      lastFailure: nullable(text),
    }),
  ),
});
export type TriggerDescription = Shaped<typeof triggerDescription>;

/** @throws {ShapeError} `BAD_MESSAGE` naming the member that is wrong */
export function checkTrigger(value: unknown): TriggerDefinition {
  return triggerDefinition(value, 'a trigger', 'all');
}
