import { SpanTree, type TelemetrySpan } from '@ringtail/analyses';
import { instantOf } from '@ringtail/base';
import { expect, it } from 'vitest';
import { styleFor } from '../../output/style.ts';
import { treeText } from './tree-text.ts';

function span(spanId: string, from: number, to: number, more: Partial<TelemetrySpan> = {}): TelemetrySpan {
  const times = { begin: instantOf(BigInt(from)), end: instantOf(BigInt(to)) };
  const ids = { traceId: 't', spanId, parentSpanId: 'root' };
  const rest = { error: undefined, attributes: {}, resource: { attributes: {} }, scope: 'test' };
  return { ...ids, name: spanId, kind: 'internal', ...times, ...rest, ...more };
}

it('cuts long runs of equal spans, names failures, and shows no control characters', () => {
  const root = span('root', 0, 24_000, { parentSpanId: undefined, attributes: { request_id: 3 } });
  const tree = new SpanTree(root);
  for (let i = 0; i < 9; i++) {
    tree.addSpan(span(`q${i}`, 1000 * i, 1000 * i + 500, { name: 'pg query', attributes: { query: `SELECT ${i}` } }));
  }
  tree.addSpan(span('bad', 20_000, 23_000, { error: 'no\u001b[2J way' }));
  const layout = { width: 80, style: styleFor({ isTTY: false }, {}), isUtc: true, candidates: 2 };
  expect(treeText(tree.data(), layout)).toBe(`\
request 3 of the trace at 00:00:00.000000000, the slowest of 2

    +0 ns  24.0 µs  ████████████████████████  root
    +0 ns   500 ns  █·······················  ├─ pg query  SELECT 0
 +1.00 µs   500 ns  ·█······················  ├─ pg query  SELECT 1
 +2.00 µs   500 ns  ··█·····················  ├─ pg query  SELECT 2
 +3.00 µs   500 ns  ···█····················  ├─ pg query  SELECT 3
 +4.00 µs   500 ns  ····█···················  ├─ pg query  SELECT 4
 +5.00 µs  3.50 µs  ·····████···············  ├─ 4 more of pg query  2.00 µs in
 +20.0 µs  3.00 µs  ····················███·  └─ bad  failed: no\\e[2J way
`);
});
