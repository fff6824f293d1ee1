// Emits COUNT events whose values follow from their index, and prints a summary: node emit.mjs COUNT
import {
  array,
  bool,
  enumeration,
  f64,
  hex,
  i64,
  optional,
  provider,
  seq,
  str,
  struct,
  text,
  u8,
  u32,
  u64,
} from '@ringtail/tracer';

const count = Number(process.argv[2]);
const colour = enumeration(u8, { red: 0, green: 1, blue: [2, 9] });
const sample = provider('e2e').tracepoint(
  'sample',
  [
    ['index', u32],
    ['big', u64],
    ['below', i64],
    ['ratio', f64],
    ['name', str],
    ['note', text],
    ['flag', bool],
    ['colour', colour],
    ['mask', hex(u32)],
    ['items', seq(u32)],
    ['triple', array(u8, 3)],
    ['place', struct({ x: u32, y: u32 })],
    ['maybe', optional(u32)],
  ],
  { logLevel: 'info' },
);
const other = provider('e2e').tracepoint('other', [['index', u32]], { logLevel: 'debug' });

const beginMs = Date.now();
for (let i = 0; i < count; i++) {
  sample(
    i,
    2n ** 63n + BigInt(i),
    -BigInt(i) - 1n,
    i / 4,
    `name-${i}`,
    `note é ${i}`,
    i % 2 === 1,
    ['red', 'green', 'blue'][i % 3],
    i * 16,
    Uint32Array.from({ length: i % 4 }, (_, k) => i + k),
    [i % 256, 1, 2],
    { x: i, y: i + 1 },
    i % 5 === 0 ? null : i,
  );
  other(i);
}
console.log(JSON.stringify({ pid: process.pid, count, beginMs, endMs: Date.now() }));
