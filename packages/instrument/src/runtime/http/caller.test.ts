import { describe, expect, it } from 'vitest';
import { callerOf } from './caller.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('the caller of a request', () => {
  it.each([`00-${TRACE}-${SPAN}-01`, `01-${TRACE}-${SPAN}-01`, `01-${TRACE}-${SPAN}-01-more`])('is in %s', (header) => {
    expect(callerOf({ headers: { traceparent: header } })).toEqual({ traceId: TRACE, spanId: SPAN });
  });

  it.each([
    ['an unknown version', `ff-${TRACE}-${SPAN}-01`],
    ['more fields than its version has', `00-${TRACE}-${SPAN}-01-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['text that follows', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['nothing', undefined],
  ])('is unknown of a header with %s', (_, traceparent) => {
    expect(callerOf({ headers: { traceparent } })).toBeUndefined();
  });
});
