// The variants of the suite's event `tp:tptest`, with the fields of the C headers.
import { array, enumeration, f32, f64, hex, i8, i32, i64, provider, seq, str, text, u32 } from '@ringtail/tracer';

const WORD = 'test';
const BYTES = Array.from(Buffer.from(WORD));
const LONGS = [1, 2, 3];

/** A field with its value in turn `i`. */
const INTEGERS = [
  ['intfield', i32, (i) => i],
  ['intfield2', hex(i32), (i) => i],
  ['longfield', i64, (i) => i],
];
const NETWORK_INTEGERS = [
  ['netintfield', i32, (i) => i],
  ['netintfieldhex', hex(i32), (i) => i],
];
const ARRAYS = [
  ['arrfield1', array(i64, 3), () => LONGS],
  ['arrfield2', str, () => WORD],
];
const SEQUENCES = [
  ['seqfield1', seq(i8), () => BYTES],
  ['seqfield2', text, () => WORD],
];
const FLOATS = [
  ['floatfield', f32, () => 2222],
  ['doublefield', f64, () => 2],
];
const STRING = ['stringfield', str, () => WORD];

/** The fields of the programs that only count. */
export const PLAIN_FIELDS = [...INTEGERS, ...NETWORK_INTEGERS, ...ARRAYS, ...SEQUENCES, STRING, ...FLOATS];

/** The fields of the program for filter tests. */
export const FILTER_FIELDS = [
  ...INTEGERS,
  ...NETWORK_INTEGERS,
  ...ARRAYS,
  ['arrfield3', array(u32, 3), () => LONGS],
  ...SEQUENCES,
  ['seqfield3', seq(u32), () => LONGS],
  ['seqfield4', seq(i64), () => LONGS],
  STRING,
  ['stringfield2', str, () => '\\*'],
  ...FLOATS,
];

const LABELS = enumeration(i32, {
  'AUTO: EXPECT 0': 0,
  'VALUE: 23': 23,
  'VALUE: 27': 27,
  'AUTO: EXPECT 28': 28,
  'RANGE: 101 TO 303': [101, 303],
  'AUTO: EXPECT 304': 304,
  'VALUE: -1': -1,
});

/** The fields of `gen-ust-events`. */
export const ALL_FIELDS = [
  ...INTEGERS,
  ['signedfield', i32, () => -1],
  ...FILTER_FIELDS.slice(INTEGERS.length),
  ...[0, 23, 27, 28, 202, 304].map((value) => [`enum${value}`, LABELS, () => value]),
  ['enumnegative', LABELS, () => -1],
];

/** Declares an event and returns the function that records it in the turn `i`. */
export function declare(providerName, name, fields, options) {
  const record = provider(providerName).tracepoint(
    name,
    fields.map(([field, type]) => [field, type]),
    options,
  );
  const values = fields.map(([, , valueIn]) => valueIn);
  return (i) => record(...values.map((valueIn) => valueIn(i)));
}
