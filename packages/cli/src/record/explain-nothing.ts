import { type EventRule, ruleMatches, type SessionSightings } from '@ringtail/protocol';
import { plural } from '../quantity.ts';

/** Lists longer than this are cut when they are shown. */
const SHOWN_MAX = 20;

/** Every program that imports the tracer has these; they say nothing of what the program defines. */
const BUILT_IN = /^(?:lttng_ust_trace(?:f|log)|ringtail_statedump):/;

/** Why a recording holds no event, as well as can be told from what was seen. */
export function explainNothing(seen: SessionSightings, rules: readonly EventRule[]): string[] {
  if (seen.threads === 0) {
    return [
      'No Node.js program registered. Either the command runs none, or it drops NODE_OPTIONS (sudo does) or RINGTAIL_RUNDIR,',
      'or the tracer could not start: RINGTAIL_DEBUG=1 makes it say why.',
    ];
  }
  const threads = plural(seen.threads, 'JavaScript thread');
  const own = seen.tracepoints.filter(({ name }) => !BUILT_IN.test(name));
  if (own.length === 0) {
    return [
      `${threads} registered, but none had a tracepoint: the program defines events with provider(…).tracepoint(…)`,
      'of @ringtail/tracer.',
    ];
  }
  const matching = own.filter(({ name, logLevel }) => rules.some((rule) => ruleMatches(rule, name, logLevel)));
  if (matching.length > 0) {
    return [`These tracepoints matched, but the program never came by one:`, ...listed(matching)];
  }
  return [`No tracepoint matched ${rules.map((rule) => `'${rule.pattern}'`).join(', ')}. Those seen:`, ...listed(own)];
}

function listed(tracepoints: SessionSightings['tracepoints']): string[] {
  const names = [...new Set(tracepoints.map(({ name }) => name))].sort();
  const shown = names.slice(0, SHOWN_MAX).map((name) => `  ${name}`);
  return names.length > SHOWN_MAX ? [...shown, `  and ${names.length - SHOWN_MAX} more`] : shown;
}
