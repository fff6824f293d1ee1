/**
 * Session files of LTTng 2.16 with triggers and maps: hand-written samples are read, and printed files match the
 * schema.
 */
import { readFileSync } from 'node:fs';
import {
  type ChannelDescription,
  DEFAULT_CHANNEL,
  type DomainDescription,
  EVERY_TIME,
  type TriggerDefinition,
} from '@ringtail/protocol';
import { parseSessionFile, printSessionFile, type SavedSession } from '@ringtail/session-file';
import { describe, expect, it } from 'vitest';
import { TRIGGERS } from '../../packages/cli/src/mi/samples.test.support.ts';
import { sessionFileViolations } from './session-schema-facts.ts';

const sample = (name: string): string => readFileSync(new URL(`samples/${name}.lttng`, import.meta.url), 'utf8');
/** The session with other channels, trackers or maps in user space. */
function withUser(session: SavedSession, more: Partial<DomainDescription>): SavedSession {
  return { ...session, domains: session.domains.map((domain) => ({ ...domain, ...more })) };
}

const notify = { kind: 'notify', ratePolicy: EVERY_TIME } as const;
const onShop = { session: 'shop', ratePolicy: EVERY_TIME };

const ALL_KINDS: readonly TriggerDefinition[] = [
  {
    name: 'all actions',
    condition: {
      kind: 'event-rule-matches',
      rule: {
        pattern: 'shop:*',
        exclude: ['shop:tick', 'shop:debug_*'],
        logLevel: { from: 0, to: 4 },
        filter: 'ms > 500 && user == "a*"',
      },
      captures: ['order_id', '$ctx.vpid', '$app.shop:customer', 'items[0][3]'],
    },
    actions: [
      { kind: 'notify', ratePolicy: { onceAfter: 40 } },
      { kind: 'start-session', ...onShop },
      { kind: 'stop-session', ...onShop, ratePolicy: { every: 2 } },
      { kind: 'rotate-session', ...onShop },
      {
        kind: 'snapshot-session',
        session: 'black-box',
        output: { name: 'incident', path: '/var/incidents', maxBytes: 1_048_576 },
        name: null,
        maxBytes: null,
        ratePolicy: EVERY_TIME,
      },
      {
        kind: 'snapshot-session',
        session: 'black-box',
        output: null,
        name: null,
        maxBytes: null,
        ratePolicy: EVERY_TIME,
      },
      { kind: 'increment', ...onShop, map: 'by user', key: '{provider_name}_{event_name}_{{count}}' },
    ],
  },
  {
    name: 'exact level, one action',
    condition: { kind: 'event-rule-matches', rule: { pattern: '*', logLevel: { from: 6, to: 6 } }, captures: [] },
    actions: [{ kind: 'notify', ratePolicy: { every: 10 } }],
  },
  ...(['at-least', 'at-most'] as const).map((comparison) => ({
    name: comparison === 'at-least' ? 'full' : 'empty',
    condition: {
      kind: 'channel-buffer-usage' as const,
      session: 'shop',
      channel: 'requests',
      comparison,
      threshold: comparison === 'at-least' ? { ratio: 0.75 } : { bytes: 4096 },
    },
    actions: [notify],
  })),
  {
    name: 'much',
    condition: { kind: 'session-consumed-size', session: 'shop', bytes: 104_857_600 },
    actions: [{ kind: 'rotate-session', ...onShop }],
  },
  {
    name: 'rotating',
    condition: { kind: 'session-rotation', session: 'shop', phase: 'starts' },
    actions: [{ kind: 'increment', ...onShop, map: 'by process', key: 'rotations' }],
  },
  { name: 'rotated', condition: { kind: 'session-rotation', session: 'shop', phase: 'finishes' }, actions: [notify] },
];

describe('a session file of LTTng 2.16', () => {
  it('has all kinds of triggers and maps of user space', () => {
    const { sessions, triggers, warnings } = parseSessionFile(sample('all-kinds'));
    expect(triggers).toEqual(ALL_KINDS);
    const plain = { updatePolicy: 'per-event', ownership: 'user', deadProcesses: 'sum' };
    expect(sessions[0]?.domains[0]?.maps).toEqual([
      { ...plain, name: 'by user', valueType: 'signed-int-max', keyCountMax: 4096 },
      {
        name: 'by process',
        valueType: 'signed-int-32',
        keyCountMax: 16,
        updatePolicy: 'per-rule-match',
        ownership: 'process',
        deadProcesses: 'drop',
      },
      { ...plain, name: 'large', valueType: 'signed-int-64', keyCountMax: 8192 },
    ]);
    expect(warnings).toEqual(['session shop: the map large has at most 8192 keys, not 1000000']);
  });

  it.each([
    ['<consumed/>', 0],
    ['<periodic><age_threshold>250</age_threshold></periodic>', 250],
  ])('says when rings take memory and give it back, and what format traces have: %s', (policy, reclaimAfterUs) => {
    const source = sample('all-kinds')
      .replace('<name>shop</name>', '$&<trace_format>CTF_2</trace_format>')
      .replace('<preallocation_policy>', `<reclaim_policy>${policy}</reclaim_policy>$&`);
    const { sessions } = parseSessionFile(source);
    expect(sessions).toMatchObject([
      { format: 'ctf-2', domains: [{ channels: [{ preallocation: 'preallocate', reclaimAfterUs }] }] },
    ]);
    const onDemand = parseSessionFile(source.replace('PREALLOCATE', 'ON_DEMAND').replace('CTF_2', 'CTF_1_8'));
    expect(onDemand.sessions).toMatchObject([
      { format: 'ctf-1.8', domains: [{ channels: [{ preallocation: 'on-demand' }] }] },
    ]);
    expect(() => parseSessionFile(source.replace('CTF_2', 'CTF_3'))).toThrow('trace_format must be one of');
    expect(() => parseSessionFile(source.replace('PREALLOCATE', 'LATER'))).toThrow(
      'preallocation_policy must be one of',
    );
    expect(() => parseSessionFile(source.replace(policy, '<never/>'))).toThrow('there is no reclaim policy never');
  });

  it('with a ring for each processor identifies processors, without an added context', () => {
    const contexts = '<contexts><context><type>VPID</type></context><context><type>CPU_ID</type></context></contexts>';
    const source = sample('all-kinds').replace('<contexts/>', contexts);
    const channelOf = (text: string) => parseSessionFile(text).sessions[0]?.domains[0]?.channels[0];
    expect(channelOf(source)?.contexts).toEqual(['vpid']);
    expect(channelOf(source.replace('PER_CPU', 'PER_CHANNEL'))?.contexts).toEqual(['vpid', 'cpu_id']);
    const ours = [{ ...DEFAULT_CHANNEL, name: 'c', enabled: true, contexts: ['cpu_id'], rules: [] }];
    const saved = parseSessionFile(sample('all-kinds')).sessions.map((one) => withUser(one, { channels: ours }));
    expect(channelOf(printSessionFile(saved, ALL_KINDS))?.contexts).toEqual(['cpu_id']);
  });

  it('has names of maps with slashes, and sizes of nothing', () => {
    const source = sample('all-kinds').replaceAll('>by user<', '>/by/user<').replace('>104857600<', '>0<');
    const { sessions, triggers } = parseSessionFile(source);
    expect(sessions[0]?.domains[0]?.maps.map(({ name }) => name)).toContain('/by/user');
    expect(triggers.map(({ condition }) => condition)).toContainEqual(expect.objectContaining({ bytes: 0 }));
  });

  it('reports triggers that are left out because of their subject', () => {
    const { triggers, warnings } = parseSessionFile(sample('other-domains'));
    expect(triggers.map(({ name }) => name)).toEqual(['kernel buffers', 'kernel map', 'here']);
    expect(triggers[0]?.condition).toMatchObject({ kind: 'channel-buffer-usage', domain: 'kernel' });
    expect(triggers[1]?.actions[1]).toMatchObject({ kind: 'increment', domain: 'kernel' });
    expect(warnings).toEqual([
      'the trigger kprobe is left out: events of probes of the kernel are not supported',
      'the trigger syscall is left out: events of system calls are not supported',
      'the trigger logger is left out: events of java.util.logging are not supported',
      'the trigger remote snapshot is left out: snapshots cannot be sent to tcp://10.0.0.1:5342',
      'the trigger nothing to do is left out: it has no action',
      'the trigger odd field is left out: no field cannot be captured',
      'the trigger half a filter is left out: the filter n == is wrong: a field, a number or a text is missing before the end (column 5)',
    ]);
  });

  it('cannot control a terminal through its names and texts', () => {
    const source = sample('other-domains')
      .replaceAll('logger', 'l\u001b[2Jogger')
      .replace('<name>host', '<name>h\u009bost');
    const { warnings } = parseSessionFile(source);
    expect(warnings).toHaveLength(7);
    expect(warnings.filter((warning) => /\p{Cc}/u.test(warning))).toEqual([]);
    expect(() => parseSessionFile(source.replace('<type>KERNEL', '<type>MOON'))).toThrow(/^\P{Cc}*$/u);
  });

  const trigger =
    sample('all-kinds').match(/<trigger>(?:(?!<trigger>)[\s\S])*<name>exact[\s\S]*?<\/trigger>/)?.[0] ?? '';
  const withTrigger = (change: (text: string) => string): string =>
    `<sessions><session><name>s</name></session><triggers>${change(trigger)}</triggers></sessions>`;
  const place = 'sessions › triggers › trigger "exact level, one action"';
  const nested = (depth: number): string => '<event_expr>'.repeat(depth) + '</event_expr>'.repeat(depth);

  it.each<readonly [what: string, change: (text: string) => string, message: string]>([
    [
      'no name',
      (text) => text.replace(/<name>.*?<\/name>/, ''),
      'sessions › triggers › trigger: lacks the element name',
    ],
    ['two names', (text) => text.replace('<name>', '<name>a</name><name>'), 'more than one element name'],
    [
      'no condition',
      (text) => text.replace(/<condition>[\s\S]*<\/condition>/, ''),
      `${place}: lacks the element condition`,
    ],
    ['no action', (text) => text.replace(/<action>[\s\S]*<\/action>/, ''), `${place}: lacks the element action`],
    [
      'an empty condition',
      (text) => text.replace(/<condition>[\s\S]*<\/condition>/, '<condition/>'),
      `${place} › condition: is empty`,
    ],
    [
      'text for a condition',
      (text) => text.replace(/<condition>[\s\S]*<\/condition>/, '<condition>x</condition>'),
      `${place} › condition: is empty`,
    ],
    [
      'two conditions',
      (text) => text.replace('<condition>', '<condition><other/>'),
      'condition: has more than one element: other, condition_event_rule_matches',
    ],
    [
      'an unknown condition',
      (text) => text.replaceAll('condition_event_rule_matches', 'condition_moon_phase'),
      `${place} › condition: there is no condition condition_moon_phase`,
    ],
    [
      'an unknown event rule',
      (text) => text.replaceAll('event_rule_user_tracepoint', 'event_rule_moon'),
      'event_rule: there is no event rule event_rule_moon',
    ],
    [
      'an unknown action',
      (text) => text.replaceAll('action_notify', 'constructor'),
      'action: there is no action constructor',
    ],
    [
      'an unknown policy',
      (text) => text.replaceAll('rate_policy_every_n', 'rate_policy_daily'),
      'there is no rate policy rate_policy_daily',
    ],
    [
      'no policy',
      (text) => text.replace(/<rate_policy>[\s\S]*<\/rate_policy>/, '<x/>'),
      'action_notify: lacks the element rate_policy',
    ],
    ['a policy of nothing', (text) => text.replace('<interval>10', '<interval>0'), `${place}: every must be`],
    [
      'a huge policy',
      (text) => text.replace('<interval>10', '<interval>18446744073709551616'),
      'interval must be an integer from 0',
    ],
    ['no captures', (text) => text.replace('<capture_descriptors/>', ''), 'lacks the element capture_descriptors'],
    [
      'an unknown expression',
      (text) =>
        text.replace(
          '<capture_descriptors/>',
          '<capture_descriptors><event_expr><a/></event_expr></capture_descriptors>',
        ),
      'event_expr: there is no expression a',
    ],
    [
      'an unknown rule of levels',
      (text) => text.replaceAll('log_level_rule_exactly', 'log_level_rule_roughly'),
      'there is no rule of log levels',
    ],
    [
      'a level that is none',
      (text) => text.replace('<level>6', '<level>many'),
      'level must be an integer from 0, not "many"',
    ],
    ['a level out of range', (text) => text.replace('<level>6', '<level>99'), `${place}: `],
    [
      'a long pattern',
      (text) => text.replace('*</name_pattern>', `${'x'.repeat(300)}</name_pattern>`),
      `${place}: pattern must be`,
    ],
    [
      'more captures than there may be',
      (text) =>
        text.replace(
          '<capture_descriptors/>',
          `<capture_descriptors>${'<event_expr><event_expr_payload_field><name>a</name></event_expr_payload_field></event_expr>'.repeat(65)}</capture_descriptors>`,
        ),
      `${place}: captures must be`,
    ],
    [
      'elements without an end in each other',
      (text) => text.replace('<capture_descriptors/>', `<capture_descriptors>${nested(100_000)}</capture_descriptors>`),
      'nested tags',
    ],
    [
      'actions in lists in lists',
      (text) =>
        text.replace(
          /<action>[\s\S]*<\/action>/,
          `${'<action><action_list>'.repeat(200)}${'</action_list></action>'.repeat(200)}`,
        ),
      'nested tags',
    ],
    [
      'more actions than there may be',
      (text) =>
        text.replace(
          /(<action>[\s\S]*<\/action>)/,
          (one) => `<action><action_list>${one.repeat(65)}</action_list></action>`,
        ),
      `${place}: actions must be`,
    ],
  ])('with a trigger that has %s is refused, with the place', (_, change, message) => {
    expect(withTrigger(change)).not.toBe(withTrigger((text) => text));
    expect(() => parseSessionFile(withTrigger(change))).toThrow(message);
  });

  it.each([
    [
      'a threshold that is none',
      /<threshold_ratio>.*<\/threshold_ratio>/,
      '',
      'one of threshold_bytes and threshold_ratio',
    ],
    [
      'two thresholds',
      '<threshold_ratio>',
      '<threshold_bytes>5</threshold_bytes><threshold_ratio>',
      'one of threshold_bytes',
    ],
    ['more than a whole', '<threshold_ratio>0.750000', '<threshold_ratio>1.5', 'ratio must be a number from 0 to 1'],
    [
      'a part that is no number',
      '<threshold_ratio>0.750000',
      '<threshold_ratio>NaN',
      'ratio must be a number from 0 to 1',
    ],
    ['a domain that is none', '<domain>UST</domain>', '<domain>MOON</domain>', 'domain must be one of UST, KERNEL'],
    [
      'a session in another directory',
      '<session_name>black-box',
      '<session_name>../etc',
      'session must not contain a slash',
    ],
    ['a map of nobody', '<channel_type>user', '<channel_type>moon', 'channel_type must be one of user, kernel'],
    ['a brace alone', '{{count}}', '{count}', 'has a brace that stands alone'],
    [
      'a value type that is none',
      'SIGNED_INT_32',
      'SIGNED_INT_8',
      'map_channel "by process": value_type must be one of',
    ],
    ['no keys at all', '<max_entry_count>16', '<max_entry_count>0', 'map_channel "by process": keyCountMax must'],
    [
      'keys of another type',
      '<key_type>STRING',
      '<key_type>INDEX',
      'map_channel "by user": key_type must be one of STRING',
    ],
    ['no key type', '<key_type>STRING</key_type>', '', 'key_type must be one of STRING'],
    ['a map without a name', '<name>by process</name>', '', 'map_channels › map_channel: lacks the element name'],
    ['an owner that is none', 'PER_PID', 'PER_CPU', 'buffer_ownership must be one of PER_UID, PER_PID'],
  ])('with %s is refused, with the place', (_, pattern, replacement, message) => {
    const source = sample('all-kinds').replace(pattern, replacement);
    expect(source).not.toBe(sample('all-kinds'));
    expect(() => parseSessionFile(source)).toThrow(message);
  });
});

describe('a session file that ringtail prints', () => {
  const session: SavedSession = {
    name: 's <&>',
    output: '/out',
    shmPath: '/shm',
    clock: 'tsc',
    snapshot: false,
    format: 'ctf-2',
    active: true,
    domains: [
      {
        domain: 'user',
        channels: [
          {
            ...DEFAULT_CHANNEL,
            name: 'c',
            enabled: true,
            blockingTimeoutUs: null,
            contexts: ['vpid', 'perf:thread:instructions', '$app.shop:user', 'vuid'],
            rules: [
              { pattern: 'a:*', enabled: true, exclude: ['a:b'], logLevel: { from: 2, to: 6 }, filter: 'n < 5' },
              { pattern: 'b', enabled: false, logLevel: { from: 4, to: 4 } },
            ],
          },
        ],
        trackers: { vpid: [7], vuid: [], vgid: null },
        maps: parseSessionFile(sample('all-kinds')).sessions[0]?.domains[0]?.maps ?? [],
      },
    ],
    snapshotOutputs: [],
    rotationSchedule: { timerUs: 10, sizeBytes: 20 },
    retention: { ageSeconds: 60, count: 5, bytes: 1024 },
  };
  const recorder: SavedSession = {
    ...withUser(session, { maps: [] }),
    name: 'box',
    output: null,
    snapshot: true,
    snapshotOutputs: [
      { id: 1, name: 'o', path: '/p', maxBytes: 5, retention: { ageSeconds: 60, count: null, bytes: null } },
    ],
  };

  it('matches the schema, whatever its content', () => {
    const [channel] = session.domains[0]!.channels as [ChannelDescription];
    const channels = [channel, { ...channel, reclaimAfterUs: 0 }, { ...channel, reclaimAfterUs: 5 }];
    const source = printSessionFile([withUser(session, { channels }), recorder], [...ALL_KINDS, ...TRIGGERS]);
    expect(sessionFileViolations(source)).toEqual([]);
    expect(source.match(/<trigger>/g)?.length).toBeGreaterThanOrEqual(ALL_KINDS.length);
  });

  it('is checked by a checker that recognises bad files', () => {
    const source = printSessionFile([session], ALL_KINDS);
    expect(sessionFileViolations(source.replace('SIGNED_INT_32', 'LONG'))).toHaveLength(1);
    expect(sessionFileViolations(source.replaceAll('name_pattern>', 'pattern>'))).not.toEqual([]);
    expect(sessionFileViolations(source.replace('<capture_descriptors/>', ''))).not.toEqual([]);
    expect(
      sessionFileViolations(sample('all-kinds').replace(/<session>[\s\S]*<\/session>/, '$&<session/>')),
    ).not.toEqual([]);
    expect(
      sessionFileViolations(`${source.replace('</sessions>', '')}<session><name>x</name></session></sessions>`),
    ).toContainEqual(expect.stringContaining('out of order'));
  });

  it('uses elements of LTTng 2.15 and later only if it has content that older versions refuse', () => {
    const plain = { ...recorder, format: 'ctf-1.8' } as const;
    const [channel] = plain.domains[0]!.channels as [ChannelDescription];
    const words = /<(trace_format|preallocation_policy|reclaim_policy)>/g;
    const wordsIn = (one: SavedSession, triggers: readonly TriggerDefinition[] = []) =>
      printSessionFile([one], triggers).match(words) ?? [];
    expect(wordsIn(withUser(plain, { channels: [channel, { ...channel, preallocation: 'preallocate' }] }))).toEqual([]);
    expect(wordsIn(plain, TRIGGERS.slice(-1))).toEqual([]);
    const both = ['<trace_format>', '<preallocation_policy>'];
    expect(wordsIn({ ...plain, format: 'ctf-2' })).toEqual(both);
    expect(wordsIn(withUser(plain, { maps: session.domains[0]!.maps }))).toEqual(both);
    expect(wordsIn(plain, ALL_KINDS)).toEqual(both);
    expect(wordsIn(withUser(plain, { channels: [{ ...channel, reclaimAfterUs: 0 }] }))).toHaveLength(3);
  });

  it('has content that LTTng would refuse in a processing instruction', () => {
    const snapshot = { kind: 'snapshot-session', session: 'box', output: null, ratePolicy: EVERY_TIME } as const;
    const condition = { kind: 'session-rotation', session: 's', phase: 'starts' } as const;
    const triggers = [
      { name: 'named', condition, actions: [{ ...snapshot, name: 'n', maxBytes: null }] },
      { name: 'limited', condition, actions: [{ ...snapshot, name: null, maxBytes: 4096 }] },
      ...[String.raw`s == "a\"b"`, String.raw`s == "a\n"`].map((filter) => ({
        name: filter,
        condition: { kind: 'event-rule-matches', rule: { pattern: '*', filter }, captures: [] } as const,
        actions: [notify],
      })),
    ];
    const source = printSessionFile([], triggers);
    expect(source).not.toContain('<trigger>');
    expect(parseSessionFile(source).triggers).toEqual(triggers);
    const rule = { pattern: '*', filter: String.raw`s == "a\\*\*"` };
    const known = {
      name: 'known',
      condition: { kind: 'event-rule-matches', rule, captures: [] },
      actions: [notify],
    } as const;
    expect(printSessionFile([], [known])).toContain('<trigger>');
  });

  it('has the content of the sample that it was printed from', () => {
    const { sessions } = parseSessionFile(sample('all-kinds'));
    expect(parseSessionFile(printSessionFile(sessions, ALL_KINDS))).toEqual({
      sessions,
      triggers: ALL_KINDS,
      warnings: [],
    });
  });
});
