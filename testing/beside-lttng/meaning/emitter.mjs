// The same as emitter.c, with Ringtail: emits one event for each line of standard input. A line is `EVENT N`, where N
// determines the fields, or `filling BYTES` for events of about this total size. Answers each line with `done`, and
// ends with its input.
import { createInterface } from 'node:readline';
import {
  array,
  enumeration,
  f32,
  f64,
  hex,
  i8,
  i16,
  i32,
  i64,
  provider,
  seq,
  str,
  u8,
  u16,
  u32,
  u64,
} from '@ringtail/tracer';

const FILLING_BYTES = 200;
const WORDS = ['zero', 'one', 'two words', 'three*', 'four "quoted" \\ ü'];

const meaning = provider('meaning');
const sample = meaning.tracepoint('sample', [
  ['n', i64],
  ['i8', i8],
  ['i16', i16],
  ['i32', i32],
  ['i64', i64],
  ['u8', u8],
  ['u16', u16],
  ['u32', u32],
  ['u64', u64],
  ['h32', hex(u32)],
  ['f64', f64],
  ['f32', f32],
  ['words', str],
  ['mood', enumeration(i8, { SAD: -1, CALM: 0, GLAD: [1, 3] })],
  ['color', enumeration(u8, { RED: 0, BLUE: 200 })],
  ['three', array(i32, 3)],
  ['some', seq(u16)],
]);
const filling = meaning.tracepoint('filling', [['bytes', str]]);
const numbered = Object.fromEntries(
  Object.entries({
    critical: 'crit',
    failed: 'err',
    warned: 'warning',
    informed: 'info',
    lined: undefined,
    debugged: 'debug',
    step: undefined,
    last: undefined,
  }).map(([name, logLevel]) => [name, meaning.tracepoint(name, [['n', i64]], { logLevel })]),
);

function emitSample(n) {
  sample(
    n,
    -n,
    -300 * n,
    -70000 * n,
    -1000000000000000000n * BigInt(n),
    250 + n,
    65530 + n,
    4294967290 + n,
    18446744073709551610n + BigInt(n),
    0xff00 + n,
    n / 3,
    n * -0.25 - 0.5,
    WORDS[n],
    n - 1,
    n * 50,
    [n, n * 10, -n],
    [0, 1, 2, 3, 4, 5, 6, 7].slice(0, n),
  );
}

function emitFilling(bytes) {
  const text = 'x'.repeat(FILLING_BYTES);
  for (let left = bytes; left > 0; left -= FILLING_BYTES) filling(text);
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [event, n] = line.split(' ');
  if (event === 'sample') emitSample(Number(n));
  else if (event === 'filling') emitFilling(Number(n));
  else numbered[event](Number(n));
  console.log('done');
}
