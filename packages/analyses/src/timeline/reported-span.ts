import type { EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import type { Arguments, PlainValue } from '../fields/field-place.ts';
import { shownValue } from '../fields/scalar-fields.ts';
import { isCall } from '../findings/span-kind.ts';

/** A time span that an event reports after its end. */
interface ReportedSpan {
  readonly begin: number;
  readonly end: number;
  /** What was done; empty if the event does not say it. */
  readonly operation: string;
  /** Whether the thread was busy with it. */
  readonly isOfThread: boolean;
}

/** Reported to be a time span, but part of what another event of the same provider reports. */
const REPEATED = /^node_gc:heap$/;
/** What of the runtime is code of a thread, beside synchronous operations. */
const OF_THREAD = /^(?!node_)|^node_timers:fired$|^node_module:require$|^node_child_process:sync_process$/;

/**
 * Reads the fields `start_ns` and `duration_ns`. `start_ns` is a value of the clock, if that counts nanoseconds;
 * otherwise, the span ends with the event.
 *
 * @returns undefined for a class of events without a duration
 */
export function reportedSpan({ name, payload }: EventRecordClass, args: Arguments) {
  const has = (field: string) => payload?.members.some((member) => member.name === field) === true;
  if (!has('duration_ns') || REPEATED.test(name) || !(has('start_ns') || isCall(name))) return undefined;
  const [start, duration, operation, form] = ['start_ns', 'duration_ns', 'operation', 'form'].map((field) =>
    has(field) ? args.reader({ scope: 'event', argument: field }) : undefined,
  );
  const isCode = OF_THREAD.test(name);
  const formClass = payload?.members.find((member) => member.name === 'form')?.fieldClass;
  const isSynchronous = (value: PlainValue | undefined) =>
    formClass !== undefined && value !== undefined && shownValue(formClass, value) === 'sync';
  return (view: EventView, values: readonly VisitedField[], at: number): ReportedSpan | undefined => {
    const ns = duration!(view, values);
    if (typeof ns !== 'number' || !(ns >= 0)) return undefined;
    const begin = at - Math.max(ns, nsSince(view, start?.(view, values)) ?? ns);
    const isOfThread = isCode || isSynchronous(form?.(view, values));
    return { begin, end: begin + ns, operation: String(operation?.(view, values) ?? ''), isOfThread };
  };
}

/** Nanoseconds from a value of the clock to the event; undefined if the clock counts something else. */
export function nsSince({ stream, cycles }: EventView, start: PlainValue | undefined): number | undefined {
  if (stream.clockClass?.frequency !== 1_000_000_000n) return undefined;
  if (typeof start === 'bigint') return Number(cycles - start);
  return typeof start === 'number' && Number.isFinite(start) ? Number(cycles - BigInt(Math.round(start))) : undefined;
}
