/** A tracepoint that does nothing, in place of one that cannot be recorded. */
export function inertTracepoint(): unknown {
  const tracepoint = () => {};
  tracepoint.enabled = false;
  return tracepoint;
}
