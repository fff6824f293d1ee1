import { count, integer, list, object, optional, refined, refuseShape, type Shaped } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { CAPTURE_BYTES_MAX, CAPTURES_PER_PROBE_MAX, checkCapture, checkNames } from './capture.ts';
import { eventRule } from './event-rule.ts';

const FILE_BYTES_MAX = 1024;
const LINE_MAX = 10_000_000;
const FIELD_NAME_BYTES_MAX = 64;

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

/** An event that running programs emit before a statement of their source, and its values. */
export const probe = object({
  /** Absolute path of a file, or the end of one from a directory on, as `src/cart.js`. */
  file: plainText(FILE_BYTES_MAX),
  line: integer(1, LINE_MAX),
  captures,
  /** When programs remove the probe, in milliseconds since the Unix epoch. */
  expiresAtMs: count,
});
export type Probe = Shaped<typeof probe>;

/** @throws {ShapeError} `BAD_MESSAGE` */
export function checkProbe(value: unknown): Probe {
  return probe(value, 'probe', 'all');
}

const ruleWithProbe = object({ ...eventRule.members, probe: optional(probe) });
/** A rule of a channel. One with a probe also has programs emit the event that it names. */
export type RecordingRule = Shaped<typeof ruleWithProbe>;
export const recordingRuleMembers = ruleWithProbe.members;
export const recordingRule = refined(ruleWithProbe, (rule) => (rule.probe === undefined ? rule : checkProbeRule(rule)));

/** Provider of the events of probes. */
export const PROBE_PROVIDER = 'probe';
const PROBE_EVENT = /^probe:[A-Za-z0-9_.-]{1,200}$/;

function checkProbeRule(rule: RecordingRule): RecordingRule {
  if (!PROBE_EVENT.test(rule.pattern)) {
    refuseShape(`the event of a probe is called ${PROBE_PROVIDER}:NAME, of letters, digits, "_", "." and "-"`);
  }
  if (rule.exclude !== undefined || rule.logLevel !== undefined) {
    refuseShape('the rule of a probe has neither exclusions nor log levels');
  }
  return rule;
}
