import { nearestNames } from '@ringtail/base/text';
import { matchesPattern, type NodeLogger, type RuleDiagnosis } from '@ringtail/protocol';
import type { Finding } from '../errors/finding.ts';
import { describeLogLevel } from '../options/log-level.ts';
import { shellQuote } from '../output/quantity.ts';
import { neverTrue } from './diagnose-rules.ts';

/** Reason why a rule of a domain of loggers records nothing; undefined where it selects events of programs. */
export function diagnoseLoggerRule(diagnosis: RuleDiagnosis, logger: NodeLogger, session: string): Finding | undefined {
  const { rule, named, ofLogLevel } = diagnosis;
  if (named === 0) {
    return {
      code: 'NO_MATCHING_TRACEPOINT',
      what: `no program has the events of --${logger}`,
      evidence: ['they come from @ringtail/instrument, which RINGTAIL_INSTRUMENT=0 leaves out'],
      nextStep: 'install it beside @ringtail/tracer, and start programs with node --import @ringtail/tracer/register',
    };
  }
  return (
    otherName(diagnosis, logger, session) ??
    (ofLogLevel === 0 ? hiddenByLevel(diagnosis, logger) : undefined) ??
    (rule.filter === undefined ? undefined : neverTrue(diagnosis, { session, option: `--${logger}` }))
  );
}

function otherName({ rule: { pattern } }: RuleDiagnosis, logger: NodeLogger, session: string): Finding | undefined {
  const loggers = [logger];
  if (loggers.some((name) => matchesPattern(pattern, name))) return undefined;
  const [near] = nearestNames(pattern, loggers);
  return {
    code: 'NO_MATCHING_TRACEPOINT',
    what: `no logger of --${logger} is called '${pattern}'`,
    evidence: [`seen: ${loggers.join(', ')}`],
    nextStep: `${near === undefined ? '' : `did you mean '${near}'? `}ringtail enable-event --${logger} ${shellQuote(near ?? '*')} -s ${shellQuote(session)}; ringtail list --${logger} shows all`,
    ...(near !== undefined && { meant: near }),
  };
}

function hiddenByLevel({ rule }: RuleDiagnosis, logger: NodeLogger): Finding {
  const { from = 0, to = 14 } = rule.logLevel ?? {};
  const [first, last] = [from, to].map((level) => describeLogLevel(level, logger));
  return {
    code: 'LOG_LEVEL',
    what: `no event of --${logger} has a log level of the rule '${rule.pattern}'`,
    evidence: [`wanted: ${first} to ${last}`],
    nextStep: `ringtail disable-event --${logger} ${shellQuote(rule.pattern)}, then ringtail enable-event --${logger} ${shellQuote(rule.pattern)}`,
  };
}
