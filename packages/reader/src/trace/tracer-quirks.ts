import type { TraceClass } from '@ringtail/ctf';

/**
 * Whether the tracer recorded events after the end of their packet: LTTng before 2.11, its kernel tracer up to 2.9.12
 * and 2.10.9.
 *
 * The end of such a data stream is its last event, as in Babeltrace.
 */
export function recordsBehindPacketEnds({ environment }: TraceClass): boolean {
  const name = environment.get('tracer_name');
  const major = environment.get('tracer_major');
  if ((name !== 'lttng-ust' && name !== 'lttng-modules') || typeof major !== 'bigint') return false;
  const minor = numberOf(environment.get('tracer_minor'));
  const patch = numberOf(environment.get('tracer_patch') ?? environment.get('tracer_patchlevel'));
  if (major !== 2n) return major < 2n;
  if (name === 'lttng-modules' && minor === 10n) return patch < 10n;
  if (name === 'lttng-modules' && minor === 9n) return patch < 13n;
  return minor < 11n;
}

function numberOf(value: string | bigint | undefined): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
