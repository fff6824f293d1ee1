import {
  count,
  eitherBy,
  integer,
  list,
  literal,
  object,
  optional,
  refined,
  refuseShape,
  type Shaped,
} from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { CAPTURE_BYTES_MAX, CAPTURES_PER_PROBE_MAX, checkCapture, checkNames } from './capture.ts';
import { eventRule, ruleType } from './event-rule.ts';

const FILE_BYTES_MAX = 1024;
const LINE_MAX = 10_000_000;
const FIELD_NAME_BYTES_MAX = 64;
const FUNCTION_BYTES_MAX = 256;
/** `add`, `Cart.prototype.add`, `Cart.prototype.#total`. */
const FUNCTION_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(\.#?[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;
const DEPTH_MAX = 8;
const LENGTH_MIN = 16;
const LENGTH_MAX = 4096;

const capture = refined(
  object({ name: plainText(FIELD_NAME_BYTES_MAX), expression: plainText(CAPTURE_BYTES_MAX) }),
  (value) => {
    checkCapture(value);
    return value;
  },
);

const captures = refined(list(capture, CAPTURES_PER_PROBE_MAX), (value) => {
  checkNames(value);
  return value;
});

/** How much of a value is recorded: levels of objects and lists within it, and characters. */
const limits = object({ depth: integer(0, DEPTH_MAX), length: integer(LENGTH_MIN, LENGTH_MAX) });
export type CaptureLimits = Shaped<typeof limits>;

/** Absolute path of a file, or the end of one from a directory on, as `src/cart.js`. */
const file = plainText(FILE_BYTES_MAX);
const ofEachProbe = {
  limits: optional(limits),
  /** When programs remove the probe, in milliseconds since the Unix epoch. */
  expiresAtMs: count,
};

/** An event that running programs emit before a statement of their source, and its values. */
const lineProbe = object({
  file,
  line: integer(1, LINE_MAX),
  captures,
  /** Whether the event has all variables of the function and of the blocks around the statement. */
  locals: optional(literal(true)),
  ...ofEachProbe,
});

/** Two events that running programs emit when a function begins and ends, with its arguments and its result. */
const functionProbe = object({ function: plainText(FUNCTION_BYTES_MAX), file: optional(file), ...ofEachProbe });

export const probe = eitherBy(
  'function',
  refined(functionProbe, (value) => {
    if (!FUNCTION_NAME.test(value.function)) refuseShape(`${value.function} is no name of a function`);
    return value;
  }),
  lineProbe,
);
export type LineProbe = Shaped<typeof lineProbe>;
export type FunctionProbe = Shaped<typeof functionProbe>;
export type Probe = LineProbe | FunctionProbe;

/** The place of a probe, as options of `enable-event` name it. */
export function placeOfProbe(probe: Probe): string {
  if ('line' in probe) return `${probe.file}:${probe.line}`;
  return probe.file === undefined ? probe.function : `${probe.file}:${probe.function}`;
}

/** @throws {ShapeError} `BAD_MESSAGE` */
export function checkProbe(value: unknown): Probe {
  return probe(value, 'probe', 'all');
}

const ruleWithProbe = object({
  ...eventRule.members,
  probe: optional(probe),
  /** Kernel domain only; absent: tracepoints. */
  type: optional(ruleType),
});
/** A rule of a channel. One with a probe also has programs emit the event that it names. */
export type RecordingRule = Shaped<typeof ruleWithProbe>;
export const recordingRuleMembers = ruleWithProbe.members;
export const recordingRule = refined(ruleWithProbe, (rule) => (rule.probe === undefined ? rule : checkProbeRule(rule)));

/** Provider of the events of probes. */
export const PROBE_PROVIDER = 'probe';
const PROBE_EVENT = /^probe:[A-Za-z0-9_.-]{1,200}$/;
/** Functions have the events `NAME_begin` and `NAME_end`. */
const FUNCTION_EVENTS = /^probe:[A-Za-z0-9_.-]{1,190}_\*$/;

function checkProbeRule(rule: RecordingRule): RecordingRule {
  const isOfFunction = rule.probe !== undefined && 'function' in rule.probe;
  if (isOfFunction && !FUNCTION_EVENTS.test(rule.pattern)) {
    refuseShape(`the events of a function are called ${PROBE_PROVIDER}:NAME_*, of letters, digits, "_", "." and "-"`);
  }
  if (!isOfFunction && !PROBE_EVENT.test(rule.pattern)) {
    refuseShape(`the event of a probe is called ${PROBE_PROVIDER}:NAME, of letters, digits, "_", "." and "-"`);
  }
  if (rule.exclude !== undefined || rule.logLevel !== undefined || rule.type !== undefined) {
    refuseShape('the rule of a probe has neither exclusions nor log levels nor a type');
  }
  return rule;
}
