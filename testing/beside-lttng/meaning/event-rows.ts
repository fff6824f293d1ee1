/** Events in the order of emission. The field `n` identifies each event. */
export const SCRIPT: readonly (readonly [event: string, n: number])[] = [
  ['sample', 0],
  ['critical', 10],
  ['sample', 1],
  ['failed', 11],
  ['warned', 12],
  ['sample', 3],
  ['informed', 13],
  ['debugged', 14],
  ['sample', 4],
  ['last', 20],
];
/** An event after the script that no outcome includes. */
export const END = ['step', 99] as const;

/** A trigger on events of `SCRIPT` with one capture, and the expected notifications. */
export interface EventRow {
  readonly title: string;
  /** The event rule in words of `add-trigger`; PID is the program's process identifier. */
  readonly rule: string;
  readonly capture: string;
  readonly policy?: string;
  /** Captured value of each reported event, in order; PID and PROCNAME stand for the program's. */
  readonly tells: readonly unknown[];
  /** Different values of lttng; they need a reason. */
  readonly lttng?: readonly unknown[];
  readonly reason?: string;
}

const ALL = SCRIPT.map(([, n]) => n);
const SAMPLES = [0, 1, 3, 4];

/** Rules with the `n` of their matching events. */
export const RULE_ROWS: readonly EventRow[] = [
  rule('--name=meaning:sample', SAMPLES),
  rule('--name=meaning:*', ALL),
  rule('--name=mean*', ALL),
  rule('--name=*:last', [20]),
  rule('--name=*ed', [11, 12, 13, 14]),
  rule('--name=meaning:*a*', [0, 10, 1, 11, 12, 3, 4, 20]),
  rule('--name=*m*n*:*l*', [0, 10, 1, 11, 3, 4, 20]),
  rule('--name=meaning:s?mple', []),
  rule('--name=MEANING:*', []),
  rule('--name=meaning', []),
  rule("--name='meaning:\\*'", []),
  rule('--name=*', ALL),
  rule('', ALL),

  rule('--name=meaning:* --exclude-name=meaning:sample', [10, 11, 12, 13, 14, 20]),
  rule('--name=meaning:* -x meaning:*ed -x meaning:last', [0, 10, 1, 3, 4]),
  rule('--name=meaning:* --exclude-name=*:*a*', [13, 14]),
  rule('--name=meaning:*ed --exclude-name=other', [11, 12, 13, 14]),

  rule('--name=meaning:* --log-level=EMERG', []),
  rule('--name=meaning:* --log-level=CRIT', [10]),
  rule('--name=meaning:* --log-level=WARNING', [12]),
  rule('--name=meaning:* --log-level=WARNING..', [10, 11, 12]),
  rule('--name=meaning:* --log-level=INFO..', [10, 11, 12, 13]),
  rule('--name=meaning:* --log-level=DEBUG_LINE', [...SAMPLES, 20]),
  rule(
    '--name=meaning:* --log-level=DEBUG_LINE..',
    ALL.filter((n) => n !== 14),
  ),
  rule('--name=meaning:* --log-level=DEBUG', [14]),
  rule('--name=meaning:* --log-level=DEBUG..', ALL),
  rule('--name=meaning:* --log-level=..', ALL),
  rule('--name=meaning:failed --log-level=ERR..', [11]),
  rule('--name=meaning:* --log-level=ERR.. -x meaning:critical', [11]),

  filter('n > 1', [3, 4]),
  filter('n >= 1 && n < 4', [1, 3]),
  filter('n == 0 || n == 4', [0, 4]),
  filter('!(n == 1)', [0, 3, 4]),
  filter('n != 3', [0, 1, 4]),
  filter('n', [1, 3, 4]),
  filter('n == 1.0', [1]),
  filter('n == 0x3', [3]),
  filter('n == 03', [3]),
  filter('(n & 1) == 1', [1, 3]),
  filter('(n | 1) == 1', [0, 1]),
  filter('(n ^ 3) == 0', [3]),
  filter('n << 1 == 8', [4]),
  filter('n >> 1 == 2', [4]),
  filter('~n == -2', [1]),
  filter('-n == -3', [3]),
  filter('i8 < -1', [3, 4]),
  filter('i16 == -300', [1]),
  filter('i64 == -1000000000000000000', [1]),
  filter('u8 == 254', [4]),
  filter('u16 >= 65533', [3, 4]),
  filter('u32 > 4294967291', [3, 4]),
  filter('u64 > 0', []),
  filter('h32 == 0xff01', [1]),
  filter('f64 > 0.5', [3, 4]),
  filter('f64 == 1', [3]),
  filter('f32 <= -1.25', [3, 4]),
  filter('words == "one"', [1]),
  filter('words != "one"', [0, 3, 4]),
  filter('words == "three\\*"', [3]),
  filter('words == "t*"', [3]),
  filter('words == "*o*"', [0, 1, 4]),
  filter('mood == 0', [1]),
  filter('mood < 0', [0]),
  filter('color == 200', [4]),
  filter('three[1] == 30', [3]),
  filter('three[2] < 0', [1, 3, 4]),
  filter('three[3] == 0', []),
  filter('some[0] == 0', [1, 3, 4]),
  filter('nope == 1', []),
  filter('nope == 1 || n == 1', []),
  filter('$ctx.vpid == PID', SAMPLES),
  filter('$ctx.vpid != PID', []),
  filter('$ctx.procname != "x"', SAMPLES),
  filter('$ctx.nope == 1', []),
  filter('$app.a:b == 1', []),
  rule("--name=meaning:* --filter='n >= 3 && n < 12' --log-level=DEBUG_LINE..", [10, 11, 3, 4]),
];

export const CAPTURE_ROWS: readonly EventRow[] = [
  capture('i8', [0, -1, -3, -4]),
  capture('i16', [0, -300, -900, -1200]),
  capture('i32', [0, -70_000, -210_000, -280_000]),
  capture('i64', [0, '-1000000000000000000', '-3000000000000000000', '-4000000000000000000']),
  capture('u8', [250, 251, 253, 254]),
  capture('u16', [65_530, 65_531, 65_533, 65_534]),
  capture('u32', [4_294_967_290, 4_294_967_291, 4_294_967_293, 4_294_967_294]),
  capture(
    'u64',
    ['0', '1', '3', '4'].map((n) => String(18_446_744_073_709_551_610n + BigInt(n))),
  ),
  capture('h32', [0xff00, 0xff01, 0xff03, 0xff04]),
  capture('f64', [0, 1 / 3, 1, 4 / 3]),
  capture('f32', [-0.5, -0.75, -1.25, -1.5]),
  capture('words', ['zero', 'one', 'three*', 'four "quoted" \\ ü']),
  capture('mood', [-1, 0, 2, 3]),
  capture('color', [0, 50, 150, 200]),
  capture(
    'three',
    SAMPLES.map((n) => [n, 10 * n, n === 0 ? 0 : -n]),
  ),
  capture('some', [[], [0], [0, 1, 2], [0, 1, 2, 3]]),
  capture('three[1]', [0, 10, 30, 40]),
  capture('three[3]', [null, null, null, null]),
  capture('some[0]', [null, 0, 0, 0]),
  {
    ...capture('some[3]', [null, null, null, 3]),
    lttng: [null, 3, 3, 3],
    reason: 'LTTng-UST 2.13 reads memory after the end of a sequence',
  },
  capture('nope', [null, null, null, null]),
  capture('$ctx.vpid', ['PID', 'PID', 'PID', 'PID']),
  capture('$ctx.vtid', ['PID', 'PID', 'PID', 'PID']),
  capture('$ctx.procname', ['PROCNAME', 'PROCNAME', 'PROCNAME', 'PROCNAME']),
  capture('$ctx.nope', [null, null, null, null]),
  capture('$app.a:b', [null, null, null, null]),
];

/** Rate policies with the notified ones of ten events. */
export const POLICY_ROWS: readonly EventRow[] = [
  policy('every:1', ALL),
  policy('every:3', [1, 3, 4]),
  policy('every:9', [4]),
  policy('every:10', [20]),
  policy('every:11', []),
  policy('once-after:1', [0]),
  policy('once-after:3', [1]),
  policy('once-after:10', [20]),
  policy('once-after:11', []),
];

function rule(words: string, tells: readonly number[]): EventRow {
  return { title: words, rule: words, capture: 'n', tells };
}

function filter(expression: string, takes: readonly number[]): EventRow {
  return rule(`--name=meaning:sample --filter='${expression}'`, takes);
}

function capture(expression: string, tells: readonly unknown[]): EventRow {
  return { title: expression, rule: '--name=meaning:sample', capture: expression, tells };
}

function policy(words: string, tells: readonly number[]): EventRow {
  return { title: words, rule: '--name=meaning:* --exclude-name=meaning:step', capture: 'n', policy: words, tells };
}
