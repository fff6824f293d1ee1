import { nearestNames } from '@ringtail/base/text';
import {
  type EventRule,
  matchesPattern,
  type Probe,
  placeOfProbe,
  type RuleDiagnosis,
  ruleMatches,
  type TracepointDescription,
} from '@ringtail/protocol';
import { type Finding, shortened } from '../errors/finding.ts';
import { describeLogLevel } from '../options/log-level.ts';
import { formatCount, plural, shellQuote } from '../output/quantity.ts';
import { fieldNamesOf, fieldsAskedFor, hasField } from './filter-fields.ts';

/** Providers of the tracer itself, which every program has. */
const BUILT_IN = /^(?:lttng_ust_trace(?:f|log)|ringtail_statedump|ringtail_process):/;

/** Sorted, each once, the names of the program before those of Node.js. */
export function ownNames(names: readonly string[]): string[] {
  const own = [...new Set(names)].filter((name) => !BUILT_IN.test(name)).sort();
  const isRuntime = (name: string): boolean => name.startsWith(RUNTIME_PREFIX);
  return [...own.filter((name) => !isRuntime(name)), ...own.filter(isRuntime)];
}

export interface RuleFacts {
  readonly session: string;
  /** Names of all tracepoints since the session was created. */
  readonly names: readonly string[];
  /** Tracepoints of registered programs, and events of the trace. */
  readonly tracepoints: readonly TracepointDescription[];
}

/** Providers of the events of Node.js, in programs with the package @ringtail/instrument. */
const RUNTIME_PREFIX = 'node_';

/** Reason why a rule matches nothing; undefined where it matches tracepoints. */
export function diagnoseRule(diagnosis: RuleDiagnosis, facts: RuleFacts): Finding | undefined {
  const { named, notExcluded, ofLogLevel, rule } = diagnosis;
  if (named === 0) return noMatch(diagnosis, facts);
  if (notExcluded === 0) return allExcluded(diagnosis, facts);
  if (ofLogLevel === 0) return hiddenByLevel(diagnosis, facts);
  if (rule.filter === undefined) return undefined;
  return lackingField(diagnosis, facts) ?? neverTrue(diagnosis, facts);
}

function noMatch({ rule }: RuleDiagnosis, { session, names }: RuleFacts): Finding {
  if (rule.probe !== undefined) return notPlaced(rule.pattern, rule.probe);
  const own = ownNames(names);
  if (rule.pattern.startsWith(RUNTIME_PREFIX) && !own.some((name) => name.startsWith(RUNTIME_PREFIX))) {
    return {
      code: 'NO_MATCHING_TRACEPOINT',
      what: `no program has the events of Node.js: ${quoted(rule.pattern)}`,
      evidence: ['they come from @ringtail/instrument, which RINGTAIL_INSTRUMENT=0 leaves out'],
      nextStep: 'install it beside @ringtail/tracer, and start programs with node --import @ringtail/tracer/register',
    };
  }
  const near = nearestPatterns(rule.pattern, own);
  const [meant] = near;
  const instead = meant ?? 'PROVIDER:EVENT';
  return {
    code: 'NO_MATCHING_TRACEPOINT',
    what: `no tracepoint is called ${quoted(rule.pattern)}`,
    evidence: [...(near.length > 0 ? [`near it: ${near.join(', ')}`] : []), `seen: ${shortened(own).join(', ')}`],
    nextStep: `${meant === undefined ? '' : `did you mean ${quoted(meant)}? `}ringtail enable-event -u ${shellQuote(instead)} -s ${shellQuote(session)}; ringtail list -u shows all`,
    ...(meant !== undefined && { meant }),
  };
}

function notPlaced(pattern: string, probe: Probe): Finding {
  const { expiresAtMs } = probe;
  const end = new Date(expiresAtMs).toISOString();
  return {
    code: 'NO_MATCHING_TRACEPOINT',
    what: `no program has the probe ${quoted(pattern)}`,
    evidence: [expiresAtMs <= Date.now() ? `it expired at ${end}` : `wanted: ${placeOfProbe(probe)}, until ${end}`],
    nextStep: 'start programs with node --import @ringtail/tracer/register, and name a file that they have loaded',
  };
}

/** Similar patterns that match tracepoints: with the provider that is absent, with another one, or another name. */
function nearestPatterns(pattern: string, names: readonly string[]): string[] {
  const [provider = '', event] = splitName(pattern);
  const providers = nearestNames(
    provider,
    names.map((name) => splitName(name)[0]),
  ).filter((near) => near !== provider);
  if (event !== undefined && providers.length > 0 && !provider.includes('*')) {
    const corrected = providers.map((near) => `${near}:${event}`);
    const matching = corrected.filter((near) => names.some((name) => matchesPattern(near, name)));
    if (matching.length > 0) return matching;
  }
  if (event === undefined) {
    const own = nearestNames(
      pattern,
      names.flatMap((name) => splitName(name)[1] ?? []),
    );
    const whole = own.flatMap((near) => names.filter((name) => splitName(name)[1] === near));
    if (whole.length > 0) return whole;
  }
  return nearestNames(pattern, names);
}

function splitName(name: string): [string, string?] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)];
}

function allExcluded({ rule, channel, named }: RuleDiagnosis, { session, names }: RuleFacts): Finding {
  const hidden = names.filter((name) => matchesPattern(rule.pattern, name));
  return {
    code: 'ALL_EXCLUDED',
    what: `the exclusions of ${quoted(rule.pattern)} leave nothing of it`,
    evidence: [
      `excluded: ${(rule.exclude ?? []).join(', ')}`,
      `matched without them: ${hidden.length > 0 ? shortened(hidden).join(', ') : plural(named, 'tracepoint')}`,
    ],
    nextStep: replaceRule(rule, channel, session, ''),
  };
}

function hiddenByLevel({ rule, channel, notExcluded }: RuleDiagnosis, facts: RuleFacts): Finding {
  const { logLevel: _, ...withoutLevel } = rule;
  const levels = unique(facts.tracepoints).filter(({ name, logLevel }) => ruleMatches(withoutLevel, name, logLevel));
  const { from = 0, to = 14 } = rule.logLevel ?? {};
  const mildest = Math.max(to, ...levels.map(({ logLevel }) => logLevel));
  return {
    code: 'LOG_LEVEL',
    what: `the log levels of ${quoted(rule.pattern)} hide all its tracepoints`,
    evidence: [
      `wanted: ${describeLogLevel(from)} to ${describeLogLevel(to)}`,
      levels.length > 0
        ? `there: ${shortened(levels.map(({ name, logLevel }) => `${name} ${describeLogLevel(logLevel)}`)).join(', ')}`
        : `there: ${plural(notExcluded, 'tracepoint')} of other levels`,
    ],
    nextStep: replaceRule(rule, channel, facts.session, levels.length > 0 ? ` --loglevel=${mildest}` : ''),
  };
}

/** A filter with a field that no tracepoint of its rule has. */
export function lackingField(
  { rule, channel }: Pick<RuleDiagnosis, 'rule' | 'channel'>,
  { session, tracepoints }: Pick<RuleFacts, 'session' | 'tracepoints'>,
): Finding | undefined {
  const matched = unique(tracepoints).filter(({ name, logLevel }) => ruleMatches(rule, name, logLevel));
  if (matched.length === 0) return undefined;
  const missing = fieldsAskedFor(rule.filter ?? '').filter((field) => !matched.some((one) => hasField(one, field)));
  const [first] = missing;
  if (first === undefined) return undefined;
  const there = [...new Set(matched.flatMap(fieldNamesOf))];
  const [nearest] = nearestNames(first, there);
  const fields = missing.map((name) => `"${name}"`).join(', ');
  return {
    code: 'FILTER_LACKS_FIELD',
    what: `the filter asks for ${missing.length === 1 ? 'a field' : 'fields'} that no matched tracepoint has: ${fields}`,
    evidence: [
      `filter: ${rule.filter}`,
      `fields of ${shortened(matched.map(({ name }) => name)).join(', ')}: ${there.length > 0 ? shortened(there).join(', ') : 'none'}`,
    ],
    nextStep: `${nearest === undefined ? '' : `did you mean "${nearest}"? `}${replaceRule(rule, channel, session, " --filter 'EXPRESSION'")}`,
    ...(nearest !== undefined && { meant: nearest }),
  };
}

/** @param place the session, and the option of the rule's domain */
export function neverTrue(
  diagnosis: RuleDiagnosis,
  { session, option = '-u' }: { readonly session: string; readonly option?: string },
): Finding | undefined {
  const { rule, channel, filterEvaluations: evaluated, filterRejections: rejected } = diagnosis;
  if (evaluated === null || rejected === null || evaluated === 0 || rejected < evaluated) return undefined;
  return {
    code: 'FILTER_NEVER_TRUE',
    what: `the filter of ${quoted(rule.pattern)} was never true`,
    evidence: [
      `filter: ${rule.filter}`,
      `evaluated ${plural(evaluated, 'time')}, false ${formatCount(rejected)} of them`,
    ],
    nextStep: replaceRule(rule, channel, session, " --filter 'EXPRESSION'", option),
  };
}

/** Commands that replace a rule, which cannot be changed: disable it, enable another. */
function replaceRule(rule: EventRule, channel: string, session: string, option: string, domain = '-u'): string {
  const where = `-s ${shellQuote(session)} -c ${shellQuote(channel)}`;
  const pattern = shellQuote(rule.pattern);
  return `ringtail disable-event ${domain} ${pattern} ${where}, then ringtail enable-event ${domain} ${pattern} ${where}${option}`;
}

/** Each name once, since threads of a program have the same names. */
function unique(tracepoints: readonly TracepointDescription[]): TracepointDescription[] {
  return [...new Map(tracepoints.map((tracepoint) => [tracepoint.name, tracepoint])).values()].filter(
    ({ name }) => !BUILT_IN.test(name),
  );
}

function quoted(pattern: string): string {
  return `'${pattern}'`;
}
