import type { MapRow } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
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
  const map = { name: 'm', valueBits: 64, keyCountMax: 8, deadProcesses: 'sum' } as const;
  const row = (pid: number | null, key: string, value: number, uid = 1000): MapRow => ({
    map: 'm',
    uid,
    pid,
    key,
    value,
  });
  const rows = [row(7, 'b', 2), row(9, 'b', 3), row(null, 'b', 4), row(7, 'a', 1), row(9, 'z', 0), row(3, 'a', 9, 5)];
  const answers: Answers = {
    'list-sessions': () => [sessionCalled('s', { maps: [map] })],
    'show-maps': () => rows,
    'add-map': () => null,
  };
  const shown = async (...words: string[]) => {
    const { stdout } = await answered(['show-maps', '-s', 's', '--output-format=json', ...words], answers);
    return (JSON.parse(stdout) as { tables: { owners: { id: number }[]; rows: { key: string; value: number }[] }[] })
      .tables;
  };

  it('are added with what the options of LTTng say', async () => {
    const words =
      'add-map-channel -s s -t user m --value-type=signed-int-32 --max-key-count=5 --dead-process-policy=drop';
    const { stdout, asked } = await answered(words.split(' '), answers);
    expect(stdout).toBe('Map channel `m` added to recording session `s`.\n');
    expect(asked).toEqual([
      {
        command: 'add-map',
        params: { session: 's', map: { name: 'm', valueBits: 32, keyCountMax: 5, deadProcesses: 'drop' } },
      },
    ]);
    expect((await answered('add-map-channel -s s m'.split(' '), answers)).code).toBe(1);
    expect((await answered('add-map-channel -s s -t kernel m'.split(' '), answers)).code).toBe(1);
  });

  it('are shown with the counters of all processes added up', async () => {
    const { stdout } = await answered(['show-maps', '-s', 's'], answers);
    expect(stdout).toBe('m:\n  key  value\n  a       10\n  b        9\n  z        0\n');
    expect(violations((await answered(['--mi=xml', 'show-maps', '-s', 's'], answers)).stdout)).toEqual([]);
  });

  it('are shown for each owner, sorted, cut and chosen as asked', async () => {
    const owners = (await shown('--per=owner')).map(({ owners: [owner] }) => owner!.id);
    expect(owners).toEqual([null, 3, 7, 9]);
    const chosen = async (...words: string[]) => (await shown(...words))[0]!.rows.map(({ key, value }) => [key, value]);
    expect(await chosen('--sort-by=value', '--sort-order=desc', '--limit=1')).toEqual([['a', 10]]);
    expect(await chosen('--pid=7')).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(await chosen('--shared')).toEqual([['b', 4]]);
    expect(await chosen('--all-pids', '--key=b')).toEqual([['b', 5]]);
    expect(await chosen('--uid=5')).toEqual([['a', 9]]);
    expect(await chosen('--key-glob=*', '--non-init-values')).toEqual([
      ['a', 10],
      ['b', 9],
    ]);
  });

  it('that are not there have the nearest name', async () => {
    const { code, stderr } = await answered(['show-maps', '-s', 's', '-c', 'n'], answers);
    expect([code, stderr]).toEqual([1, expect.stringContaining('did you mean "m"?')]);
  });
});
