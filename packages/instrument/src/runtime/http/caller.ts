import type { IncomingMessage } from 'node:http';

/** The span that sent a request, as its header names it. */
export interface Caller {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * Version 00 has four fields; later versions, but ff, may have more.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT = /^(?!ff|00-.{52}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-|$)/;

/** @returns undefined without a valid header */
export function callerOf({ headers: { traceparent } }: Pick<IncomingMessage, 'headers'>): Caller | undefined {
  const found = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  return found === null ? undefined : { traceId: found[1]!, spanId: found[2]! };
}
