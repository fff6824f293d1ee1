import { didYouMean } from '@ringtail/base/text';
import { domainDirectory, EXIT_CAUSES, type ExitCause, type TriggerCondition } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { parseByteLimit, parseWaitUs } from '../options/unit-hints.ts';
import { parseCapture } from './capture-expression.ts';
import { EVENT_RULE_OPTIONS, eventRuleOf, INSTRUMENTATION_OPTIONS, requireUserTracepoints } from './event-rule-spec.ts';
import { needed, one, type SpecOption, type SpecPart, type SpecWords } from './spec-words.ts';

/** A condition type of the command line. */
export interface ConditionSpec {
  readonly options: readonly SpecOption[];
  /** @throws {CliError} */
  readonly make: (part: SpecPart, context: Context) => TriggerCondition;
}

const SESSION: SpecOption = { long: 'session', short: 's' };
const PROCNAME: SpecOption = { long: 'procname', short: 'p' };
const RULE_OPTIONS = [...EVENT_RULE_OPTIONS, ...INSTRUMENTATION_OPTIONS];

const BUFFER_USAGE_OPTIONS: readonly SpecOption[] = [
  SESSION,
  { long: 'channel', short: 'c' },
  { long: 'domain', short: 'd' },
  { long: 'userspace', short: 'u', flag: true },
  { long: 'kernel', short: 'k', flag: true },
  { long: 'threshold-size', short: 't' },
  { long: 'threshold-ratio', short: 'r' },
];

type ConditionKind = TriggerCondition['kind'];

/** Kinds with other names on the command line, which are LTTng's. */
interface LttngNames {
  readonly 'channel-buffer-usage': 'channel-buffer-usage-ge' | 'channel-buffer-usage-le';
  readonly 'session-consumed-size': 'session-consumed-size-ge';
  readonly 'session-rotation': 'session-rotation-starts' | 'session-rotation-finishes';
}

type ConditionName = {
  [Kind in ConditionKind]: Kind extends keyof LttngNames ? LttngNames[Kind] : Kind;
}[ConditionKind];

/** LTTng's condition types, then ours. */
export const CONDITION_SPECS: Readonly<Record<ConditionName, ConditionSpec>> = {
  'event-rule-matches': {
    options: [...RULE_OPTIONS, { long: 'capture', repeated: true }],
    make: (part) => {
      requireUserTracepoints(part);
      const captures = part.values.capture ?? [];
      for (const capture of captures) parseCapture(capture);
      return { kind: 'event-rule-matches', rule: eventRuleOf(part), captures: captures.map((text) => text.trim()) };
    },
  },
  'channel-buffer-usage-ge': {
    options: BUFFER_USAGE_OPTIONS,
    make: (part, context) => bufferUsage(part, context, 'at-least'),
  },
  'channel-buffer-usage-le': {
    options: BUFFER_USAGE_OPTIONS,
    make: (part, context) => bufferUsage(part, context, 'at-most'),
  },
  'session-consumed-size-ge': {
    options: [SESSION, { long: 'threshold-size', short: 't' }],
    make: (part, context) => ({
      kind: 'session-consumed-size',
      session: needed(part, 'session'),
      bytes: thresholdBytes(needed(part, 'threshold-size'), context),
    }),
  },
  'session-rotation-starts': {
    options: [SESSION],
    make: (part) => ({ kind: 'session-rotation', session: needed(part, 'session'), phase: 'starts' }),
  },
  'session-rotation-finishes': {
    options: [SESSION],
    make: (part) => ({ kind: 'session-rotation', session: needed(part, 'session'), phase: 'finishes' }),
  },
  'session-trouble': {
    options: [SESSION],
    make: (part) => ({ kind: 'session-trouble', session: needed(part, 'session') }),
  },
  'application-exited': {
    options: [PROCNAME, { long: 'cause', repeated: true }],
    make: (part) => ({
      kind: 'application-exited',
      procname: one(part, 'procname') ?? '*',
      causes: part.values.cause === undefined ? EXIT_CAUSES : causesOf(part.values.cause),
    }),
  },
  'event-rate-above': {
    options: [...RULE_OPTIONS, { long: 'rate', short: 'r' }],
    make: (part) => ({
      kind: 'event-rate-above',
      rule: ruleOfCounted(part),
      perSecond: rateOf(needed(part, 'rate')),
    }),
  },
  'no-event-for': {
    options: [...RULE_OPTIONS, { long: 'period', short: 'P' }],
    make: (part, context) => ({
      kind: 'no-event-for',
      rule: ruleOfCounted(part),
      periodUs: periodOf(part, context),
    }),
  },
  'event-loop-stalled': {
    options: [PROCNAME, { long: 'period', short: 'P' }],
    make: (part, context) => ({
      kind: 'event-loop-stalled',
      procname: one(part, 'procname') ?? '*',
      periodUs: periodOf(part, context),
    }),
  },
};

/** Parses the words after `--condition=TYPE`. */
export function conditionOf(context: Context, type: string, words: SpecWords): TriggerCondition {
  const spec = Object.hasOwn(CONDITION_SPECS, type) ? CONDITION_SPECS[type as ConditionName] : undefined;
  if (spec === undefined) {
    const known = Object.keys(CONDITION_SPECS);
    throw words.wrong(
      `Unknown condition name '${type}'`,
      `${didYouMean(type, known)}Valid condition names are: ${known.join(', ')}`,
    );
  }
  return spec.make(words.part(spec.options), context);
}

function bufferUsage(part: SpecPart, context: Context, comparison: 'at-least' | 'at-most'): TriggerCondition {
  const size = one(part, 'threshold-size');
  const ratio = one(part, 'threshold-ratio');
  if ((size === undefined) === (ratio === undefined)) {
    throw new CliError(
      'BAD_ARGUMENT',
      'give either --threshold-size or --threshold-ratio',
      'such as --threshold-ratio=0.75',
    );
  }
  return {
    kind: 'channel-buffer-usage',
    session: needed(part, 'session'),
    ...(isOfKernel(part) && { domain: 'kernel' }),
    channel: needed(part, 'channel'),
    comparison,
    threshold: ratio === undefined ? { bytes: thresholdBytes(size as string, context) } : { ratio: ratioOf(ratio) },
  };
}

function thresholdBytes(text: string, context: Context): number {
  return parseByteLimit(context, '--threshold-size', text) ?? 0;
}

function isOfKernel(part: SpecPart): boolean {
  const domain = one(part, 'kernel') === undefined ? (one(part, 'domain') ?? 'user') : 'kernel';
  if (domain === 'kernel') return true;
  if (['user', 'userspace', domainDirectory('user')].includes(domain)) return false;
  throw new CliError('BAD_ARGUMENT', `"${domain}" is no domain of channels`, 'for Node.js programs: --domain=user');
}

function ratioOf(text: string): number {
  const ratio = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no part of a buffer for --threshold-ratio`,
    'from 0 to 1, such as 0.75',
  );
}

/** The event rule of our own conditions, whose `--type` may be left out. */
function ruleOfCounted(part: SpecPart) {
  if (one(part, 'type') !== undefined) requireUserTracepoints(part);
  return eventRuleOf(part);
}

function causesOf(texts: readonly string[]): ExitCause[] {
  const causes = texts.flatMap((text) => text.split(','));
  for (const cause of causes) {
    if ((EXIT_CAUSES as readonly string[]).includes(cause)) continue;
    throw new CliError(
      'BAD_ARGUMENT',
      `"${cause}" is no cause of an end`,
      `${didYouMean(cause, EXIT_CAUSES)}one of: ${EXIT_CAUSES.join(', ')}`,
    );
  }
  return [...new Set(causes)] as ExitCause[];
}

function rateOf(text: string): number {
  const rate = /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (rate > 0) return rate;
  throw new CliError('BAD_ARGUMENT', `"${text}" is no rate`, 'events a second: --rate=1000');
}

function periodOf(part: SpecPart, context: Context): number {
  return parseWaitUs(context, '--period', needed(part, 'period'));
}
