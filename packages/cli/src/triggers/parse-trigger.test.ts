import { EXIT_CAUSES, type TriggerAction, type TriggerCondition } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { CliError } from '../errors/cli-error.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { parseTrigger } from './parse-trigger.ts';

const RULE = '--condition=event-rule-matches --type=user';
const NOTIFY: TriggerAction = { kind: 'notify', ratePolicy: { every: 1 } };
const every = { ratePolicy: { every: 1 } } as const;

/** Words as a shell would split them; quotes keep spaces together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
}

function parsed(line: string) {
  return parseTrigger(fakeContext(), wordsOf(line));
}

function refusal(line: string): CliError {
  try {
    parsed(line);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error(`${line} was taken`);
}

const rule = (more: object): TriggerCondition => ({
  kind: 'event-rule-matches',
  rule: { pattern: '*', ...more },
  captures: [],
});

const CONDITIONS: readonly (readonly [string, TriggerCondition])[] = [
  ['event-rule-matches --type=user', rule({})],
  ['event-rule-matches --type=user:tracepoint --name=a:b', rule({ pattern: 'a:b' })],
  ['event-rule-matches -t user -n a:b', rule({ pattern: 'a:b' })],
  ['event-rule-matches -n a:b -t user', rule({ pattern: 'a:b' })],
  ['event-rule-matches -tuser -na:b', rule({ pattern: 'a:b' })],
  [
    "event-rule-matches --type=user --name='a:*' --exclude-name=a:x -x a:y",
    rule({ pattern: 'a:*', exclude: ['a:x', 'a:y'] }),
  ],
  ['event-rule-matches --type=user --log-level=..', rule({})],
  ['event-rule-matches --type=user --log-level=WARNING', rule({ logLevel: { from: 4, to: 4 } })],
  ['event-rule-matches --type=user --log-level=TRACE_WARNING..', rule({ logLevel: { from: 0, to: 4 } })],
  ['event-rule-matches --type=user -l emerg', rule({ logLevel: { from: 0, to: 0 } })],
  ['event-rule-matches --type=user -l err..info', rule({ logLevel: { from: 3, to: 6 } })],
  ["event-rule-matches --type=user --filter='a > 1'", rule({ filter: 'a > 1' })],
  ["event-rule-matches --type=user -f '-a > 1'", rule({ filter: '-a > 1' })],
  [
    "event-rule-matches --type=user --capture=x --capture='$ctx.vpid' --capture='$app.p:n' --capture='y[3]'",
    { kind: 'event-rule-matches', rule: { pattern: '*' }, captures: ['x', '$ctx.vpid', '$app.p:n', 'y[3]'] },
  ],
  [
    'channel-buffer-usage-ge --session=s --channel=c --domain=user --threshold-ratio=0.5',
    {
      kind: 'channel-buffer-usage',
      session: 's',
      channel: 'c',
      comparison: 'at-least',
      threshold: { ratio: 0.5 },
    },
  ],
  [
    'channel-buffer-usage-le -s s -c c -u -t 4k',
    { kind: 'channel-buffer-usage', session: 's', channel: 'c', comparison: 'at-most', threshold: { bytes: 4096 } },
  ],
  [
    'channel-buffer-usage-le -s s -c c -r 1',
    { kind: 'channel-buffer-usage', session: 's', channel: 'c', comparison: 'at-most', threshold: { ratio: 1 } },
  ],
  [
    'session-consumed-size-ge --session=s --threshold-size=1M',
    { kind: 'session-consumed-size', session: 's', bytes: 1024 * 1024 },
  ],
  ['session-rotation-starts --session=s', { kind: 'session-rotation', session: 's', phase: 'starts' }],
  ['session-trouble --session=s', { kind: 'session-trouble', session: 's' }],
  ['session-rotation-finishes -s s', { kind: 'session-rotation', session: 's', phase: 'finishes' }],
  ['application-exited', { kind: 'application-exited', procname: '*', causes: EXIT_CAUSES }],
  [
    "application-exited --procname='web*' --cause=signal --cause=exception",
    { kind: 'application-exited', procname: 'web*', causes: ['signal', 'exception'] },
  ],
  [
    'application-exited --cause=signal,exit-code,signal',
    { kind: 'application-exited', procname: '*', causes: ['signal', 'exit-code'] },
  ],
  [
    "event-rate-above --name='a:*' --filter='n > 1' --rate=1000",
    { kind: 'event-rate-above', rule: { pattern: 'a:*', filter: 'n > 1' }, perSecond: 1000 },
  ],
  [
    'no-event-for --type=user --name=a:b --period=10s',
    { kind: 'no-event-for', rule: { pattern: 'a:b' }, periodUs: 10_000_000 },
  ],
  ['event-loop-stalled --period=500ms', { kind: 'event-loop-stalled', procname: '*', periodUs: 500_000 }],
  ['event-loop-stalled -P 2s -p web', { kind: 'event-loop-stalled', procname: 'web', periodUs: 2_000_000 }],
];

const ACTIONS: readonly (readonly [string, TriggerAction])[] = [
  ['notify', NOTIFY],
  ['notify --rate-policy=every:10', { kind: 'notify', ratePolicy: { every: 10 } }],
  [
    'start-session s --rate-policy=once-after:40',
    { kind: 'start-session', session: 's', ratePolicy: { onceAfter: 40 } },
  ],
  ['stop-session s', { kind: 'stop-session', session: 's', ...every }],
  ['rotate-session s', { kind: 'rotate-session', session: 's', ...every }],
  ['rotate-session --rate-policy=every:2 s', { kind: 'rotate-session', session: 's', ratePolicy: { every: 2 } }],
  [
    'snapshot-session s',
    { kind: 'snapshot-session', session: 's', output: null, name: null, maxBytes: null, ...every },
  ],
  [
    'snapshot-session s --name=n --max-size=1M --path=/p',
    {
      kind: 'snapshot-session',
      session: 's',
      output: { name: 'n', path: '/p', maxBytes: 1024 * 1024 },
      name: null,
      maxBytes: null,
      ...every,
    },
  ],
  [
    'snapshot-session s -n n -m 5 --rate-policy=once-after:1',
    { kind: 'snapshot-session', session: 's', output: null, name: 'n', maxBytes: 5, ratePolicy: { onceAfter: 1 } },
  ],
  [
    'snapshot-session s --url=file:///p',
    {
      kind: 'snapshot-session',
      session: 's',
      output: { name: null, path: '/p', maxBytes: null },
      name: null,
      maxBytes: null,
      ...every,
    },
  ],
  [
    "incr-map-value --session=s --channel=m --type=user --key='{event_name}'",
    { kind: 'increment', session: 's', map: 'm', key: '{event_name}', ...every },
  ],
  ['incr-map-value -s s -c m -k k', { kind: 'increment', session: 's', map: 'm', key: 'k', ...every }],
  [
    'exec -- /bin/echo --action=notify -x',
    { kind: 'exec', command: ['/bin/echo', '--action=notify', '-x'], timeoutMs: 10_000, ...every },
  ],
  [
    "exec --timeout=5s --command='a | b'",
    { kind: 'exec', command: ['/bin/sh', '-c', 'a | b'], timeoutMs: 5000, ...every },
  ],
  [
    'webhook http://localhost:1/x --attempts=2 --timeout=100ms',
    { kind: 'webhook', url: 'http://localhost:1/x', timeoutMs: 100, attempts: 2, ...every },
  ],
  [
    "webhook https://h/ --header='X-Team: shop: night' -H 'x-b:2' --token-file=/none/token",
    {
      kind: 'webhook',
      url: 'https://h/',
      timeoutMs: 10_000,
      attempts: 5,
      headers: [
        { name: 'X-Team', value: 'shop: night' },
        { name: 'x-b', value: '2' },
      ],
      tokenFile: '/none/token',
      ...every,
    },
  ],
  ['webhook https://h/', { kind: 'webhook', url: 'https://h/', timeoutMs: 10_000, attempts: 5, ...every }],
];

/** What lttng 2.13 says of the first ones, where it knows the option. */
const REFUSALS: readonly (readonly [line: string, message: string])[] = [
  ['', 'Missing --condition.'],
  ['--action=notify', 'Missing --condition.'],
  ['--condition=event-rule-matches', 'Event rule requires a --type.'],
  [RULE, 'Need at least one --action.'],
  [`${RULE} --action=notify --condition=event-rule-matches --type=user`, 'A --condition was already given.'],
  [`${RULE} --name=a --name=b --action=notify`, "Duplicate '--name/-n' given."],
  [`--name=a --name=b ${RULE} --action=notify`, "Duplicate '--name' given."],
  [`${RULE} --filter=a --filter=b --action=notify`, "Duplicate '--filter/-f' given."],
  [`${RULE} --action=snapshot-session s --name=x --name=y`, "Duplicate '--name/-n' given."],
  [
    `${RULE} --name=a:b --exclude-name='a:*' --action=notify`,
    'Event a:b: Exclusions can only be used with a globbing pattern',
  ],
  ['--condition=event-rule-matches --type=what --action=notify', 'Invalid `--type` value: what'],
  ['--condition=event-rule-matches --type=user:what --action=notify', 'Invalid `--type` value: user:what'],
  ['--condition=what --action=notify', "While parsing argument #2 (`--condition=what`): Unknown condition name 'what'"],
  [`${RULE} --action=what`, "While parsing argument #4 (`--action=what`): Unknown action name 'what'"],
  [`${RULE} --what --action=notify`, 'While parsing argument #4 (`--what`): Unknown option `--what`'],
  ['--what=1', 'While parsing argument #2 (`--what=1`): Unknown option `--what`'],
  [`-n x ${RULE} --action=notify`, 'While parsing argument #2 (`-n`): Unknown option `-n`'],
  [`${RULE} --action=notify --filter=a`, 'While parsing argument #5 (`--filter=a`): Unknown option `--filter`'],
  [`${RULE} --action=notify x`, 'Unexpected argument `x`.'],
  [`${RULE} extra --action=notify`, 'Unexpected argument `extra`.'],
  [`extra ${RULE} --action=notify`, 'Unexpected argument `extra`.'],
  [`${RULE} --action=start-session`, 'Missing session name.'],
  [`${RULE} --action=start-session a b`, 'Unexpected argument `b`.'],
  [`${RULE} --action=notify --rate-policy=every:0`, 'Rate policy value `0` must be > 0.'],
  [`${RULE} --action=notify --rate-policy=each:1`, 'Rate policy type `each` unknown.'],
  [`${RULE} --action=notify --rate-policy=every`, 'Rate policy format is invalid.'],
  [`${RULE} --action=notify --rate-policy=every:1:2`, 'Rate policy format is invalid.'],
  [`${RULE} --action=notify --rate-policy=at-most:1`, 'Rate policy format is invalid.'],
  [`${RULE} --action=notify --rate-policy=at-most:1/10`, '"10" is no period of a rate policy'],
  [`${RULE} --action=notify --rate-policy=at-most:1/0s`, '"0s" is no period of a rate policy'],
  [`${RULE} --action=notify --rate-policy=at-most:1/10d`, '"10d" is no period of a rate policy'],
  [`${RULE} --action=notify --rate-policy=at-most:0/1s`, 'Rate policy value `0` must be > 0.'],
  [`${RULE} --action=notify --rate-policy=at-most:101/1s`, 'Rate policy value `101` must be <= 100.'],
  [`${RULE} --action=notify --rate-policy=once-after:x`, 'Failed to parse rate policy value `x` as an integer.'],
  [`${RULE} --action=snapshot-session s --path=rel`, "Failed to parse 'rel' as a local path."],
  [
    `${RULE} --action=snapshot-session s --path=/a --url=file:///b`,
    "The --url and --path options can't be used together.",
  ],
  [`${RULE} --location=x --action=notify`, "Can't use --location with user tracepoint event rules."],
  [
    `${RULE} --action=notify --name`,
    'While parsing argument #5 (`--name`): Missing required argument for option `--name`',
  ],
  [`--name= ${RULE} --action=notify`, 'a trigger has a name: --name is empty'],
  [`${RULE} --name= --action=notify`, 'an event has a name: --name is empty'],
  [
    '--condition=channel-buffer-usage-ge -s s -c c --action=notify',
    'give either --threshold-size or --threshold-ratio',
  ],
  [
    '--condition=channel-buffer-usage-ge -s s -c c -r 1.5 --action=notify',
    '"1.5" is no part of a buffer for --threshold-ratio',
  ],
  ['--condition=channel-buffer-usage-ge -s s -r 1 --action=notify', 'Missing or invalid argument for `--channel`.'],
  [
    '--condition=channel-buffer-usage-ge -u=x --action=notify',
    'While parsing argument #3 (`-u=x`): Unexpected value for `-u`',
  ],
  ['--condition=session-consumed-size-ge -s s -t 4096X --action=notify', '"4096X" is no size'],
  ['--condition=session-rotation-starts --action=notify', 'Missing or invalid argument for `--session`.'],
  ['--condition=application-exited --cause=sigal --action=notify', '"sigal" is no cause of an end'],
  ['--condition=event-rate-above --rate=0 --action=notify', '"0" is no rate'],
  ['--condition=event-rate-above --action=notify', 'Missing or invalid argument for `--rate`.'],
  ['--condition=no-event-for --period=0 --action=notify', '--period=0 is too short: the least is 1ms'],
  ['--condition=event-loop-stalled --period=soon --action=notify', '"soon" is no period'],
  [`${RULE} --action=exec`, 'exec takes either --command or words behind --'],
  [`${RULE} --action=exec --command=x -- y`, 'exec takes either --command or words behind --'],
  [`${RULE} --action=exec -- no-such-program-anywhere`, 'no-such-program-anywhere: command not found'],
  [`${RULE} --action=notify -- x`, 'While parsing argument #5 (`--`): Unknown option `--`'],
  [`${RULE} --action=webhook`, 'Missing URL.'],
  [`${RULE} --action=webhook ftp://h/`, '"ftp://h/" is no URL of HTTP'],
  [`${RULE} --action=webhook http://h/ --header=X`, '--header: the name of a header has only letters, digits and -'],
  [
    `${RULE} --action=webhook http://h/ --header='a b: c'`,
    '--header: the name of a header has only letters, digits and -',
  ],
  [
    `${RULE} --action=webhook http://h/ --header=X:`,
    '--header: the value of the header X is not 1 or more printable characters of ASCII',
  ],
  [
    `${RULE} --action=webhook http://h/ --header='X: a\r\nY: b'`,
    '--header: the value of the header X is not 1 or more printable characters of ASCII',
  ],
  [`${RULE} --action=webhook http://h/ --header=Host:x`, '--header: the sender of a request decides the header Host'],
  [
    `${RULE} --action=webhook http://h/ -H 'authorization: Bearer x'`,
    '--header: the header authorization carries a secret: a token is read from a file',
  ],
  [`${RULE} --action=webhook http://h/ -H X:1 -H x:2`, '--header: x is given twice'],
  [`${RULE} --action=webhook http://h/ --token-file=`, 'Missing or invalid argument for `--token-file`.'],
  [`${RULE} --action=webhook http://h/ --attempts=0`, '"0" is no number for --attempts'],
  [`--owner-uid=no:body ${RULE} --action=notify`, 'Failed to parse `no:body` as a user id.'],
];

describe('the grammar of add-trigger', () => {
  it.each(CONDITIONS)('reads the condition %s', (line, condition) => {
    const { trigger, ownerUid } = parsed(`--condition=${line} --action=notify`);
    expect(trigger).toEqual({ name: null, condition, actions: [NOTIFY] });
    expect(ownerUid).toBeNull();
  });

  it.each(ACTIONS)('reads the action %s', (line, action) => {
    const { trigger } = parsed(`${RULE} --action=${line}`);
    expect(trigger).toEqual({ name: null, condition: rule({}), actions: [action] });
  });

  it.each([
    'session-consumed-size-ge --session=s',
    'channel-buffer-usage-ge --session=s --channel=c --domain=user',
    'channel-buffer-usage-le --session=s --channel=c --domain=user',
  ])('warns of a size without a unit that is likely wrong: %s', (condition) => {
    const warningsOf = (size: string) => {
      const context = fakeContext();
      parseTrigger(context, wordsOf(`--condition=${condition} --threshold-size=${size} --action=notify`));
      return context.errors();
    };
    expect(warningsOf('1')).toBe(
      'warning: --threshold-size=1: a number without a unit is in bytes. For MiB, write 1M\n',
    );
    expect(['0', '1k', '4096'].map(warningsOf)).toEqual(['', '', '']);
  });

  it('warns of a token file that cannot be used, and of a token without encryption', () => {
    const warningsOf = (url: string) => {
      const context = fakeContext();
      parseTrigger(context, wordsOf(`${RULE} --action=webhook ${url} --token-file=/none/token`));
      return context.errors();
    };
    expect(warningsOf('https://h/')).toMatch(
      /^warning: the token file \/none\/token cannot be read: .*ENOENT.*Posts fail until this is corrected\.\n$/,
    );
    expect(warningsOf('http://localhost:1/')).not.toContain('encryption');
    expect(warningsOf('http://h/')).toContain('warning: the token travels to h without encryption: use https\n');
  });

  it('reads every condition with every action and every rate policy', () => {
    const policies = [
      ['', { every: 1 }],
      ['--rate-policy=every:3', { every: 3 }],
      ['--rate-policy=once-after:7', { onceAfter: 7 }],
      ['--rate-policy=at-most:2/10m', { atMost: 2, periodUs: 600_000_000 }],
    ] as const;
    for (const [condition, meaning] of CONDITIONS) {
      for (const [action, what] of ACTIONS.filter(([line]) => !line.includes('--rate-policy'))) {
        for (const [policy, ratePolicy] of policies) {
          const [type, ...rest] = action.split(' ');
          const line = `--condition=${condition} --action=${type} ${policy} ${rest.join(' ')}`;
          expect(parsed(line).trigger, line).toEqual({
            name: null,
            condition: meaning,
            actions: [{ ...what, ratePolicy }],
          });
        }
      }
    }
  });

  it('gives an option to what stands before it and knows it, and to the trigger otherwise', () => {
    const { trigger, ownerUid } = parsed(
      `--owner-uid=7 ${RULE} --name=a:b --action=notify --name=later --action=snapshot-session s --name=snap`,
    );
    expect(ownerUid).toBe(7);
    expect(trigger.name).toBe('later');
    expect(trigger.condition).toEqual(rule({ pattern: 'a:b' }));
    expect(trigger.actions.map((action) => ('name' in action ? action.name : null))).toEqual([null, 'snap']);
  });

  it('takes actions before the condition, values in words of their own, and keeps the order of actions', () => {
    const { trigger } = parsed(
      '--action notify --action stop-session s --condition event-rule-matches --type user --action rotate-session s',
    );
    expect(trigger.actions.map(({ kind }) => kind)).toEqual(['notify', 'stop-session', 'rotate-session']);
  });

  it('finds the program of exec in the PATH of who asks', () => {
    const [action] = parsed(`${RULE} --action=exec -- sh -c x`).trigger.actions;
    expect(action).toMatchObject({ command: [expect.stringMatching(/^\/.*\/sh$/), '-c', 'x'] });
  });

  it.each(REFUSALS)('refuses %s', (line, message) => {
    expect(refusal(line)).toMatchObject({ code: expect.stringMatching(/^(BAD_ARGUMENT|NO_SUCH_USER)$/), message });
  });

  it.each([
    'kernel',
    'kernel:tracepoint',
    'syscall',
    'kernel:syscall:entry+exit',
    'kprobe',
    'kernel:uprobe',
    'jul',
    'log4j',
    'log4j2:logging',
    'python',
  ])('has no events of the type %s', (type) => {
    const error = refusal(`--condition=event-rule-matches --type=${type} --action=notify`);
    expect(error).toMatchObject({ code: 'UNSUPPORTED', hint: expect.stringContaining('user') });
  });

  it('points at the place where a filter or a capture is wrong', () => {
    expect(refusal(`${RULE} --filter='a > ' --action=notify`)).toMatchObject({
      code: 'BAD_FILTER',
      hint: 'a > \n    ^',
    });
    expect(refusal(`${RULE} --capture='a[b]' --action=notify`)).toMatchObject({
      message: 'Failed to parse capture expression `a[b]`: an index is missing before b (column 3)',
      hint: 'a[b]\n  ^',
    });
    expect(refusal(`${RULE} --capture='a > 1' --action=notify`).hint).toBe('a > 1\n  ^');
    expect(refusal(`${RULE} --capture=5 --action=notify`).message).toContain('only a field can be captured');
    expect(refusal(`${RULE} --capture='$app.p' --action=notify`).hint).toBe('$app.p\n      ^');
  });

  it('knows the nearest name', () => {
    expect(refusal('--condition=event-rule-match --action=notify').hint).toMatch(
      /^did you mean "event-rule-matches"\?/,
    );
    expect(refusal(`${RULE} --action=notifi`).hint).toMatch(/^did you mean "notify"\?/);
  });
});
