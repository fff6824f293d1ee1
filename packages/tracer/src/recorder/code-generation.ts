import { buildRecorder } from './closure-recorder.ts';
import { compileRecorder } from './compiled-recorder.ts';
import type { Gate, Recorder, RecorderPlan } from './recorder-plan.ts';
import {
  buildSpanBegin,
  buildSpanEnd,
  compileSpanBegin,
  compileSpanEnd,
  type SpanBegin,
  type SpanEnd,
  type SpanEvent,
  type SpanNumbers,
} from './span-functions.ts';
import { buildTracepoint, compileTracepoint, type Site } from './tracepoint-function.ts';

/** Whether this runtime allows compiling source text. */
const mayGenerateCode = (() => {
  try {
    new Function('');
    return true;
  } catch {
    return false;
  }
})();

/** The fastest recorder that this runtime allows. */
export function makeRecorder(plan: RecorderPlan): Recorder {
  return mayGenerateCode ? compileRecorder(plan) : buildRecorder(plan);
}

/** The fastest tracepoint function that this runtime allows. */
export function makeTracepoint(site: Site, gate: Gate): (...values: never[]) => void {
  return mayGenerateCode ? compileTracepoint(site, gate) : buildTracepoint(site, gate);
}

/** The fastest function that begins a span. */
export function makeSpanBegin(event: SpanEvent, gate: Gate, numbers: SpanNumbers): SpanBegin {
  return mayGenerateCode ? compileSpanBegin(event, gate, numbers) : buildSpanBegin(event, gate, numbers);
}

/** The fastest function that ends a span. */
export function makeSpanEnd(event: SpanEvent): SpanEnd {
  return mayGenerateCode ? compileSpanEnd(event) : buildSpanEnd(event);
}
