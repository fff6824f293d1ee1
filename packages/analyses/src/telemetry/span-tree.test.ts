import { instantOf } from '@ringtail/base';
import { describe, expect, it } from 'vitest';
import { type LogNode, RootChoice, type SpanNode, SpanTree, TREE_RECORDS_MAX } from './span-tree.ts';
import type { TelemetryLog, TelemetrySpan } from './telemetry-records.ts';

const TRACE = 'a'.repeat(32);
const resource = { attributes: { 'process.pid': 5 } };

function span(spanId: string, from: number, to: number, more: Partial<TelemetrySpan> = {}): TelemetrySpan {
  return {
    traceId: TRACE,
    spanId,
    parentSpanId: undefined,
    name: spanId,
    kind: 'internal',
    begin: instantOf(BigInt(from)),
    end: instantOf(BigInt(to)),
    error: undefined,
    attributes: {},
    resource,
    tid: 5,
    scope: 'test',
    ...more,
  };
}

function log(name: string, at: number, more: Partial<TelemetryLog> = {}): TelemetryLog {
  const instant = instantOf(BigInt(at));
  const rest = { severity: 9, body: undefined, attributes: {}, resource, tid: 5, scope: 'test', span: undefined };
  return { name, at: instant, ...rest, ...more };
}

/** A collection that is reported when it has ended. */
function collection(from: number, to: number, more: Partial<TelemetryLog> = {}): TelemetryLog {
  const timed = { begin: instantOf(BigInt(from)), attributes: { duration_ns: to - from } };
  return log('node_gc:collection', to + 3, { ...timed, ...more });
}

type Names = readonly (string | readonly [string, Names])[];

function namesOf(children: readonly (SpanNode | LogNode)[]): Names {
  return children.map((node) => ('log' in node ? node.log.name : [node.span.name, namesOf(node.children)]));
}

describe('a tree of spans', () => {
  const root = span('root', 10, 100, { kind: 'server', attributes: { request_id: 7 } });

  it('has spans and events below their spans, in the order of time', () => {
    const tree = new SpanTree(root);
    tree.addSpan(span('inner', 30, 40, { parentSpanId: 'outer' }));
    tree.addSpan(span('late', 80, 90, { parentSpanId: 'root' }));
    tree.addSpan(root);
    tree.addSpan(span('outer', 20, 50, { parentSpanId: 'root' }));
    tree.addSpan(span('of another trace', 20, 50, { traceId: 'b'.repeat(32), parentSpanId: 'root' }));
    tree.addSpan(span('caller', 0, 110));
    tree.addLog(log('message', 35, { span: { traceId: TRACE, spanId: 'inner' } }));
    tree.addLog(log('of the root', 60, { span: { traceId: TRACE, spanId: 'root' } }));
    tree.addLog(log('of nobody', 60));
    const { root: drawn, leftOut } = tree.data();
    expect(namesOf(drawn.children)).toEqual([['outer', [['inner', ['message']]]], 'of the root', ['late', []]]);
    expect(leftOut).toBe(0);
  });

  it('has the time that its thread lost to the runtime during the root', () => {
    const tree = new SpanTree(root);
    tree.addLog(collection(0, 10));
    tree.addLog(collection(5, 11));
    tree.addLog(collection(99, 120));
    tree.addLog(collection(100, 120));
    tree.addLog(collection(20, 30, { tid: 6 }));
    tree.addLog(collection(20, 30, { resource: { attributes: { 'process.pid': 6 } } }));
    const begins = tree.data().root.children.map((node) => 'log' in node && node.log.begin?.nanoseconds);
    expect(begins).toEqual([5, 99]);
  });

  it('counts what it leaves out', () => {
    const tree = new SpanTree(root);
    for (let i = 0; i <= TREE_RECORDS_MAX; i++) tree.addSpan(span(`s${i}`, 20, 30, { parentSpanId: 'root' }));
    tree.addLog(collection(20, 30));
    const { root: drawn, leftOut } = tree.data();
    expect([drawn.children.length, leftOut]).toEqual([TREE_RECORDS_MAX, 2]);
  });
});

describe('the root of a tree', () => {
  const spans = [
    span('pair', 0, 900),
    span('part', 0, 950, { parentSpanId: 'pair' }),
    span('slow', 0, 500, { kind: 'server', traceId: 'b'.repeat(32), attributes: { request_id: 7 } }),
    span('quick', 0, 100, { kind: 'server', attributes: { request_id: 8 } }),
  ];

  it.each([
    ['the slowest request', undefined, spans, 'slow', 2],
    ['the slowest pair without a parent where there is no request', undefined, spans.slice(0, 2), 'pair', 1],
    ['the request of a number', '8', spans, 'quick', 1],
    ['the request of a trace', TRACE, spans, 'quick', 1],
    ['nothing where no request has the number', '9', spans, undefined, 0],
  ])('is %s', (_, request, all, name, count) => {
    for (const ordered of [all, [...all].reverse()]) {
      const choice = new RootChoice(request);
      for (const one of ordered) choice.add(one);
      expect([choice.root?.name, choice.count]).toEqual([name, count]);
    }
  });
});
