/**
 * Processing instructions of our own, for values that LTTng's schema has no element for. A validating reader skips
 * them.
 */
export const OWN_INSTRUCTION = '?ringtail';
/** A trigger that LTTng's elements cannot express, as JSON, beside the sessions. */
export const TRIGGER_INSTRUCTION = '?ringtail-trigger';
export const DEFINITION_ATTRIBUTE = 'definition';
/** The probe of an event rule, as JSON. */
export const PROBE_ATTRIBUTE = 'probe';
