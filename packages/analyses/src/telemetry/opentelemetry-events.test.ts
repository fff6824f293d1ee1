import { describe, expect, it } from 'vitest';
import { ownLog, ownSpan } from './opentelemetry-events.ts';

const SPAN = {
  span_id: 'b'.repeat(16),
  trace_id: 'a'.repeat(32),
  parent_span_id: '',
  name: 'GET',
  kind: 'server',
  start_unix_ns: '1700000000000000001',
  end_unix_ns: '1700000001000000002',
  status: 'ok',
  attributes: '{"a":1}',
};

describe('an event that records a span of OpenTelemetry', () => {
  it('gives the span, with its exact times', () => {
    expect(ownSpan('otel:span_end', SPAN)).toMatchObject({
      traceId: SPAN.trace_id,
      spanId: SPAN.span_id,
      parentSpanId: undefined,
      kind: 'server',
      begin: { seconds: 1_700_000_000, nanoseconds: 1 },
      end: { seconds: 1_700_000_001, nanoseconds: 2 },
      error: undefined,
      isOk: true,
      attributes: { a: 1 },
    });
  });

  it.each([
    ['an invalid trace', { trace_id: '0'.repeat(32) }],
    ['an identifier that is none', { span_id: 'B'.repeat(16) }],
    ['no time', { end_unix_ns: '0' }],
    ['a time that is none', { start_unix_ns: 'soon' }],
  ])('gives none with %s', (_, fields) => {
    expect(ownSpan('otel:span_end', { ...SPAN, ...fields })).toBeUndefined();
    expect(ownSpan('shop:span_end', SPAN)).toBeUndefined();
  });

  it('with attributes from a damaged trace has those that can be read, of bounded depth', () => {
    const attributesOf = (attributes: string) => ownSpan('otel:span_end', { ...SPAN, attributes })?.attributes;
    expect(attributesOf('{"a":')).toEqual({});
    expect(attributesOf('[1]')).toEqual({});
    expect(attributesOf('{"a":null,"b":"\\ud800"}')).toEqual({ a: '', b: '\ufffd' });
    expect(JSON.stringify(attributesOf(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))).toBe(
      `{"a":${'['.repeat(16)}"…"${']'.repeat(16)}}`,
    );
    expect(ownSpan('otel:span_end', { ...SPAN, events: '[["a","1",7],3,["b"]]', links: '[["x","y"]]' })).toMatchObject({
      events: [{ name: 'a', attributes: {}, dropped: 0 }],
      links: [],
    });
  });
});

describe('an event that records a log of OpenTelemetry', () => {
  it('has the severity of its level where the program gives none', () => {
    expect(ownLog('otel:log_error', 3, { severity_number: 18 })).toMatchObject({ severity: 18, at: undefined });
    expect(ownLog('otel:log_error', 3, { severity_number: 0 })).toMatchObject({ severity: 17 });
    expect(ownLog('otel:logs', 3, {})).toBeUndefined();
  });
});
