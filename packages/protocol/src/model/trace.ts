/** Properties of a trace. */
import { oneOf, type Shaped } from '../wire/shape.ts';

/** Formats of a trace's metadata. */
export const TRACE_FORMATS = ['ctf-1.8', 'ctf-2'] as const;
export const traceFormat = oneOf(TRACE_FORMATS);
export type TraceFormat = Shaped<typeof traceFormat>;

export const clockKind = oneOf(['monotonic', 'tsc']);
export type ClockKind = Shaped<typeof clockKind>;
