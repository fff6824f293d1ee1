import { type MapRow, type MapRowOwner, NO_STATISTICS } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import type { MapTable } from '../command-result.ts';
import { TRIGGERS } from '../mi/samples.test.support.ts';
import { violations } from '../mi/schema-facts.test.support.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { type Answers, fakeDaemon, Refusal, sessionCalled } from '../testing/fake-daemon.test.support.ts';

const SPEC = '--condition=event-rule-matches --type=user --name=a:b --action=notify'.split(' ');

async function answered(words: readonly string[], answers: Answers) {
  const context = fakeContext({ uid: 1000 });
  const daemon = await fakeDaemon(context, answers);
  const { code } = await run(words, context);
  return { code, stdout: context.output(), stderr: context.errors(), asked: daemon.asked };
}

describe('add-trigger', () => {
  it('asks for the trigger that the words mean, and says its name as LTTng does', async () => {
    const { code, stdout, asked } = await answered(['add-trigger', ...SPEC, '--name=t'], {
      'add-trigger': ({ trigger }) => ({ name: trigger.name ?? 'trigger0' }),
    });
    expect([code, stdout]).toEqual([0, 'Added trigger `t`.\n']);
    expect(asked).toMatchObject([{ command: 'add-trigger', params: { trigger: { name: 't' }, ownerUid: null } }]);
  });

  it('takes options of all commands before and behind its own, and writes its result in all formats', async () => {
    const answers: Answers = { 'add-trigger': () => ({ name: 'trigger0' }) };
    const json = await answered(['add-trigger', '--output-format', 'json', ...SPEC], answers);
    expect(JSON.parse(json.stdout)).toMatchObject({
      command: 'add-trigger',
      trigger: { name: 'trigger0', uid: 1000, condition: { kind: 'event-rule-matches' } },
    });
    expect((await answered(['add-trigger', ...SPEC, '--output-format=json'], answers)).stdout).toBe(json.stdout);
    const mi = await answered(['--mi=xml', '-q', 'add-trigger', ...SPEC], answers);
    expect(violations(mi.stdout)).toEqual([]);
    expect(mi.stdout).toContain('<owner_uid>1000</owner_uid>');
  });

  it('refuses with 1 what it does not understand, an option too, and asks nothing', async () => {
    for (const words of [[], ['--what'], [...SPEC, '--what'], [...SPEC, '-Z', 'x']]) {
      const { code, asked } = await answered(['add-trigger', ...words], {});
      expect([code, asked], words.join(' ')).toEqual([1, []]);
    }
    const filter = ['add-trigger', '--condition=event-rule-matches', '--type=user', '--filter=a >', '--action=notify'];
    const { code, stderr } = await answered(filter, {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/column 4\)\n {2}a >\n {5}\^\n$/);
  });

  it('says that there is one of that name', async () => {
    const { code, stderr } = await answered(['add-trigger', ...SPEC, '--name=t'], {
      'add-trigger': () => {
        throw new Refusal('TRIGGER_EXISTS', 'there is one');
      },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('there is a trigger `t` already');
  });

  it('says all that it takes', async () => {
    const { stdout } = await answered(['help', 'add-trigger'], {});
    for (const name of [
      'channel-buffer-usage-ge',
      'event-loop-stalled',
      'incr-map-value',
      'webhook',
      '--rate-policy',
    ]) {
      expect(stdout).toContain(name);
    }
  });
});

describe('list-triggers', () => {
  const answers: Answers = { 'list-triggers': () => [...TRIGGERS].reverse() };

  it('has the layout of LTTng, with counts where they are anything', async () => {
    const { stdout } = await answered(['list-triggers'], {
      'list-triggers': () => [{ ...TRIGGERS[0]!, actions: TRIGGERS[0]!.actions.slice(0, 2) }, TRIGGERS[1]!],
    });
    expect(stdout).toBe(`- name: t0
  owner uid: 1000
  condition: event rule matches
    rule: a:* (type: user tracepoint, filter: n < 5 && s == "x", log level at least WARNING, exclusions: a:x)
    captures:
      - x
      - $ctx.vpid
      - $app.p:n
      - y[3]
      - y[3][4]
      - a.b
      - ] no field [
    errors: none
  actions:
    notify, rate policy: once after 3 occurrences
      errors: none
    start session \`s\`
      executions: 1
      errors:
        total execution failures: 1
        last: it hung
  errors: none
- name: t1
  owner uid: 1000
  condition: event rule matches
    rule: * (type: user tracepoint, log level is INFO)
    occurrences: 1
    errors:
      discarded tracer messages: 1
  actions:
    notify, rate policy: once after 3 occurrences
      executions: 1
      suppressed by the rate policy: 1
      errors: none
  errors: none
`);
  });

  it('describes every condition and action in text, JSON and XML, in the order of names', async () => {
    const { stdout } = await answered(['list-triggers'], answers);
    for (const words of [
      'condition: buffer usage high',
      'threshold (ratio): 0.75',
      'threshold (bytes): 4096',
      'condition: session rotation ongoing',
      'causes: signal, exit-code, exception, out-of-memory, unknown',
      'rate: 0.5 events a second',
      'period: 5 us',
      'snapshot session `s`, path: /p, name: n, max size: 5',
      "exec /bin/sh -c 'a | b', timeout: 5 ms",
      'webhook http://h/, timeout: 5 ms, attempts: 2, rate policy: every 10 occurrences',
      'notify, rate policy: at most 2 in 10m',
      'webhook https://h/, timeout: 5 ms, attempts: 2, headers: X-Team X-Key, token file: /t',
    ]) {
      expect(stdout).toContain(words);
    }
    const json = await answered(['list-triggers', '--output-format=json'], answers);
    const names = JSON.parse(json.stdout).triggers.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...names].sort());
    expect(violations((await answered(['--mi=xml', 'list-triggers'], answers)).stdout)).toEqual([]);
  });
});

describe('remove-trigger', () => {
  const answers: Answers = { 'list-triggers': () => TRIGGERS, 'remove-trigger': () => null };

  it('removes the trigger of that name and owner', async () => {
    const { code, stdout, asked } = await answered(['remove-trigger', 't1'], answers);
    expect([code, stdout]).toEqual([0, 'Removed trigger `t1`.\n']);
    expect(asked.at(-1)).toEqual({ command: 'remove-trigger', params: { name: 't1', ownerUid: null } });
    expect((await answered(['remove-trigger', '--owner-uid=7', 't1'], answers)).code).toBe(1);
    expect(violations((await answered(['--mi=xml', 'remove-trigger', 't1'], answers)).stdout)).toEqual([]);
  });

  it('knows the nearest name', async () => {
    const { code, stderr } = await answered(['remove-trigger', 'tt1'], answers);
    expect(code).toBe(1);
    expect(stderr).toContain('Couldn\'t find trigger with name `tt1`.\n  did you mean "t1"?');
    expect((await answered(['remove-trigger'], answers)).stderr).toContain('Missing `name` argument');
  });
});

describe('maps', () => {
  const map = {
    name: 'm',
    valueType: 'signed-int-64',
    keyCountMax: 8,
    updatePolicy: 'per-event',
    ownership: 'process',
    deadProcesses: 'sum',
  } as const;
  const ofUsers = { ...map, name: 'of users', valueType: 'signed-int-32', ownership: 'user' } as const;
  const shared: MapRowOwner = { kind: 'shared' };
  const process = (pid: number): MapRowOwner => ({
    kind: 'process',
    uid: 1000,
    pid,
    procname: 'node',
    program: 'app.js',
  });
  const row = (owner: MapRowOwner, key: string, value: number, overflow = false): MapRow => ({
    map: owner.kind === 'user' ? 'of users' : 'm',
    owner,
    key,
    value,
    overflow,
  });
  const rows = [
    row(shared, 'b', 4),
    row(process(7), 'a', 1),
    row(process(7), 'b', 2),
    row(process(9), 'b', 3),
    row(process(9), 'z', 0),
    row({ kind: 'user', uid: 0 }, 'a', 5),
    row({ kind: 'user', uid: 54_329 }, 'a', -(2 ** 31), true),
    { ...row(shared, 'a', 7), map: 'of users' },
  ];
  const answers: Answers = {
    'list-sessions': () => [sessionCalled('s', { maps: [map, ofUsers] })],
    'show-maps': () => rows,
    'add-map': ({ map: { name } }) => ({ name: name ?? 'channel0' }),
  };
  const shown = async (...words: string[]) => {
    const { stdout } = await answered(['show-maps', '-s', 's', '--output-format=json', ...words], answers);
    return (JSON.parse(stdout) as { tables: MapTable[] }).tables;
  };
  /** Keys and values of a map's tables, all in one. */
  const valuesIn = async (name: string, ...words: string[]) =>
    (await shown('-c', name, ...words)).flatMap((table) => table.rows.map(({ key, value }) => [key, value]));

  it('are added with what the options of LTTng say, and with its defaults', async () => {
    const add = async (words: string) => answered(`add-map-channel -s s ${words}`.split(' '), answers);
    const given =
      '-t user m --value-type=signed-int-32 --max-key-count=5 --update-policy=per-rule-match --buffer-ownership=process --dead-process-policy=drop';
    const { stdout, asked } = await add(given);
    expect(stdout).toBe('Map channel `m` added to recording session `s`.\n');
    expect(asked).toEqual([
      {
        command: 'add-map',
        params: {
          session: 's',
          domain: 'user',
          map: {
            name: 'm',
            valueType: 'signed-int-32',
            keyCountMax: 5,
            updatePolicy: 'per-rule-match',
            ownership: 'process',
            deadProcesses: 'drop',
          },
        },
      },
    ]);
    const plain = await add('--type=user');
    expect(plain.stdout).toBe('Map channel `channel0` added to recording session `s`.\n');
    expect(plain.asked).toMatchObject([
      {
        params: {
          map: {
            name: null,
            valueType: 'signed-int-max',
            keyCountMax: 4096,
            updatePolicy: 'per-event',
            ownership: 'user',
            deadProcesses: 'sum',
          },
        },
      },
    ]);
    const tooMany = await add('-t user --max-key-count=8193 m');
    expect([tooMany.code, tooMany.asked]).toEqual([1, []]);
    expect(tooMany.stderr).toContain('for --max-key-count\n  a whole number from 1 to 8192');
    for (const wrong of [
      'm',
      '-t jul m',
      '-t user --dead-process-policy=drop',
      '-t user --buffer-ownership=user --dead-process-policy=sum-into-shared',
      '-t user --max-key-count=0',
    ]) {
      expect([wrong, (await add(wrong)).code]).toEqual([wrong, 1]);
    }
  });

  it('are not added twice, and where they are listed is told', async () => {
    const { code, stderr } = await answered('add-map-channel -s s -t user m'.split(' '), {
      'add-map': () => {
        throw new Refusal('MAP_EXISTS', 'there is one');
      },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('\n  choose another name; ringtail list s shows the maps');
  });

  it('are shown with the counters of all owners added up, and what has wrapped', async () => {
    const { stdout } = await answered(['show-maps', '-s', 's'], answers);
    expect(stdout).toBe(
      [
        'm:',
        '  key  value',
        '  a        1',
        '  b        9',
        '  z        0',
        '',
        'of users:',
        '  key           value',
        '  a    -2,147,483,636  overflow',
        '',
      ].join('\n'),
    );
    for (const words of [[], ['--per=owner'], ['--pid=4711']]) {
      expect(violations((await answered(['--mi=xml', 'show-maps', '-s', 's', ...words], answers)).stdout)).toEqual([]);
    }
  });

  it('are shown for each owner, sorted and cut as asked', async () => {
    const { stdout } = await answered(['show-maps', '-s', 's', '--per=owner', '--key=a'], answers);
    expect(stdout.split('\n').filter((line) => line.endsWith(':'))).toEqual([
      'm, process 7 (app.js):',
      'of users, user 0 (root):',
      'of users, user 54329:',
      'of users, shared:',
    ]);
    expect(await valuesIn('m', '--sort-by=value', '--sort-order=desc', '--limit=2')).toEqual([
      ['b', 9],
      ['a', 1],
    ]);
  });

  it.each<readonly [words: string, ofProcesses: unknown[], ofUsers: unknown[]]>([
    [
      '--pid=7',
      [
        ['a', 1],
        ['b', 2],
      ],
      [],
    ],
    [
      '--pid=7 --shared',
      [
        ['a', 1],
        ['b', 6],
      ],
      [['a', 7]],
    ],
    ['--shared', [['b', 4]], [['a', 7]]],
    [
      '--all-pids',
      [
        ['a', 1],
        ['b', 5],
        ['z', 0],
      ],
      [],
    ],
    ['--uid=root', [], [['a', 5]]],
    ['--all-uids --key=a', [], [['a', 5 - 2 ** 31]]],
    ['--all-uids --pid=9 --non-init-values', [['b', 3]], [['a', 5 - 2 ** 31]]],
    ['--system', [], []],
    ['--type=kernel', [], []],
    ['--type=kernel --type=user --shared', [['b', 4]], [['a', 7]]],
    [
      '--key-glob=[ab]',
      [
        ['a', 1],
        ['b', 9],
      ],
      [['a', 12 - 2 ** 31]],
    ],
    ['--key-glob=[!ab]', [['z', 0]], []],
    ['--key-glob=??', [], []],
    [
      '--key-glob=* --non-init-values',
      [
        ['a', 1],
        ['b', 9],
      ],
      [['a', 12 - 2 ** 31]],
    ],
    [
      '--key=z --key-glob=a*',
      [
        ['a', 1],
        ['z', 0],
      ],
      [['a', 12 - 2 ** 31]],
    ],
    ['--part-id=3 --shared', [['b', 4]], [['a', 7]]],
  ])('are chosen by %s as LTTng chooses', async (words, ofProcesses, ofTheUsers) => {
    expect(await valuesIn('m', ...words.split(' '))).toEqual(ofProcesses);
    expect(await valuesIn('of users', ...words.split(' '))).toEqual(ofTheUsers);
  });

  it('refuse what is given twice and what there is not, as LTTng does', async () => {
    for (const wrong of [
      'add-map-channel -s s -s s -t user m',
      'add-map-channel -s s -t user -t user m',
      'add-map-channel -s s -t user --value-type=signed-int-32 --value-type=signed-int-32 m',
      'add-map-channel -s s --nope m',
      'show-maps -s s --per=owner --per=owner',
      'show-maps -s s --nope',
      'export-maps -s s -f sqlite -f sqlite',
      'export-maps -s s --nope',
      'reclaim-memory -u -s s -s s',
      'reclaim-memory -u --nope',
      'list-triggers --nope',
      'remove-trigger --nope t',
    ]) {
      const { code, stderr, asked } = await answered(wrong.split(' '), answers);
      expect([wrong, code, asked]).toEqual([wrong, 1, []]);
      expect(stderr).toMatch(/specified more than once|unknown option '--nope'/);
    }
    expect((await answered('show-maps -s s -c m -c m --pid=0 --key=a --key=a'.split(' '), answers)).code).toBe(0);
  });

  it('that belong to no processor are told to, and are shown for owners', async () => {
    for (const words of ['--per=cpu', '--per=part', '--cpu-id=0', '--part-id=1']) {
      const { code, stderr } = await answered(['show-maps', '-s', 's', ...words.split(' ')], answers);
      expect([words, code, stderr]).toEqual([words, 0, expect.stringContaining(`${words.split('=')[0]}`)]);
    }
    const { stderr } = await answered('show-maps -s s --per=cpu --cpu-id=0 --part-id=1'.split(' '), answers);
    expect(stderr.match(/--[-a-z]+(?=.*: counters)/g)).toEqual(['--per', '--part-id', '--cpu-id']);
    expect((await shown('--per=cpu')).map(({ per }) => per)).toEqual(Array.from({ length: 6 }, () => 'owner'));
    for (const wrong of [
      '--cpu-id=x',
      '--type=moon',
      '--limit=0',
      '--per=day',
      '--uid=no:body',
      '--pid=1 --all-pids',
    ]) {
      expect([wrong, (await answered(['show-maps', '-s', 's', ...wrong.split(' ')], answers)).code > 0]).toEqual([
        wrong,
        true,
      ]);
    }
  });

  it('are listed with their session, alone where they are named', async () => {
    const listed = async (...words: string[]) => (await answered(['list', 's', ...words], statistics)).stdout;
    const statistics = { ...answers, 'session-memory': () => [], 'session-statistics': () => NO_STATISTICS };
    expect(await listed()).toMatch(/Map channels:\n-+\n- m:\n\n {4}Attributes:\n {6}Value type: +signed-int-64\n/);
    const one = await listed('--map-channel=of users');
    expect(one).toContain('- of users:');
    expect(one).not.toContain('- m:');
    expect((await answered(['list', 's', '--map-channel=n'], statistics)).stderr).toContain('did you mean "m"?');
    const xml = (await answered(['--mi=xml', 'list', 's'], statistics)).stdout;
    expect(violations(xml)).toEqual([]);
    expect(xml).toContain('<dead_group_policy>sum-into-shared</dead_group_policy>');
  });

  it('that are not there have the nearest name', async () => {
    const { code, stderr } = await answered(['show-maps', '-s', 's', '-c', 'n'], answers);
    expect([code, stderr]).toEqual([1, expect.stringContaining('did you mean "m"?')]);
  });
});
