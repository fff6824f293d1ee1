import type { EventSource, Tracer } from '../instrument.ts';

/** What the API of OpenTelemetry, version 1, shares among its copies in a thread. */
interface SharedApi {
  /** The context manager that the program has registered. */
  readonly context?: { active(): { getValue(key: symbol): ActiveSpan | undefined } };
}

interface ActiveSpan {
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

/** Defines the contexts `$app.otel:trace_id` and `$app.otel:span_id`: of OpenTelemetry's span whose code runs. */
export function openTelemetryContexts({ context }: Tracer): readonly EventSource[] {
  context('otel', 'trace_id', () => activeSpan()?.traceId);
  context('otel', 'span_id', () => activeSpan()?.spanId);
  return [];
}

function activeSpan(): ReturnType<ActiveSpan['spanContext']> | undefined {
  const api = (globalThis as Readonly<Record<symbol, SharedApi | undefined>>)[API];
  return api?.context?.active().getValue(SPAN)?.spanContext();
}
