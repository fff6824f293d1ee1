import { type EventRule, loggerProvider, type NodeLogger } from '@ringtail/protocol';
import type { Channel, ProgramDomain } from './user-part.ts';

/** The rules by which programs record into a channel. */
export function recordedRules({ domain, rules }: Channel): EventRule[] {
  return rules.enabled().map((rule) => recordedRule(domain, rule));
}

/**
 * The rule that a thread gets. As in LTTng, the name in a rule of a logger domain is the name of a logger, which is a
 * field of the domain's events.
 */
export function recordedRule(domain: ProgramDomain, rule: EventRule): EventRule {
  return domain === 'user' ? rule : loggerRule(domain, rule);
}

function loggerRule(logger: NodeLogger, { pattern, exclude = [], logLevel, filter }: EventRule): EventRule {
  const conditions = [
    ...(/^\*+$/.test(pattern) ? [] : [`logger == ${quoted(pattern)}`]),
    ...exclude.map((excluded) => `logger != ${quoted(excluded)}`),
    ...(filter === undefined ? [] : [`(${filter})`]),
  ];
  return {
    pattern: `${loggerProvider(logger)}:*`,
    ...(logLevel !== undefined && { logLevel }),
    ...(conditions.length > 0 && { filter: conditions.join(' && ') }),
  };
}

/** Text of the filter language with the meaning of a name pattern: stars stand for any characters in both. */
function quoted(pattern: string): string {
  return `"${pattern.replace(/\\(?!\*)|"/g, '\\$&')}"`;
}
