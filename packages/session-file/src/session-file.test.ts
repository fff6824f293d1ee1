import {
  DEFAULT_CHANNEL,
  type DomainDescription,
  MAP_KEYS_MAX,
  MAP_VALUE_TYPES,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDefinition,
} from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionFileError } from './session-file-error.ts';
import { parseSessionFile } from './sessions/parse-session-file.ts';
import { printSessionFile } from './sessions/print-session-file.ts';
import type { SavedSession } from './sessions/saved-session.ts';
import { triggerElement } from './triggers/trigger-elements.ts';

const USER: DomainDescription = {
  domain: 'user',
  channels: [],
  trackers: { vpid: null, vuid: null, vgid: null },
  maps: [],
};
type Ownership = DomainDescription['channels'][number]['ownership'];
const PLAIN: SavedSession = {
  name: 's',
  output: '/out',
  shmPath: null,
  clock: 'monotonic',
  snapshot: false,
  format: 'ctf-1.8',
  active: false,
  domains: [USER],
  snapshotOutputs: [],
  rotationSchedule: { timerUs: null, sizeBytes: null },
  retention: { ageSeconds: null, count: null, bytes: null },
};

// What the protocol's checks let through: no control characters, line separators, halves of characters, U+FFFE and
// U+FFFF.
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((value) => /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]+$/u.test(value));
const count = fc.nat(2 ** 40);
const rule = fc.record(
  {
    pattern: text,
    enabled: fc.boolean(),
    exclude: fc.array(text, { minLength: 1, maxLength: 3 }),
    logLevel: fc
      .tuple(fc.nat(14), fc.nat(14))
      .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) })),
    filter: text,
  },
  { requiredKeys: ['pattern', 'enabled'] },
);
const channelOf = (ownership: Ownership) =>
  fc.record({
    name: text,
    enabled: fc.boolean(),
    mode: fc.constantFrom('discard' as const, 'overwrite' as const),
    subBufBytes: count.map((value) => value + 1),
    subBufCount: count.map((value) => value + 1),
    header: fc.constantFrom('compact' as const, 'large' as const),
    blockingTimeoutUs: fc.option(count),
    switchTimerUs: count,
    readTimerUs: count,
    monitorTimerUs: count,
    traceFileBytes: count,
    traceFileCount: count,
    ownership: fc.constant(ownership),
    preallocation: fc.constantFrom('preallocate' as const, 'on-demand' as const),
    reclaimAfterUs: fc.option(count),
    contexts: fc.subarray([
      'vpid',
      'perf:thread:instructions',
      '$app.shop:user',
      'vuid',
      'callstack-js',
      'perf:thread:raw:r13c:x',
    ]),
    rules: fc.array(rule, { maxLength: 3 }),
  });
const channel = (ownership: Ownership) =>
  fc.oneof(
    channelOf(ownership),
    channelOf(ownership).map((one) => ({ ...one, output: 'splice' as const })),
  );
const map = fc.record({
  name: text.filter((name) => !/^\.|\//.test(name)),
  valueType: fc.constantFrom(...MAP_VALUE_TYPES),
  keyCountMax: fc.integer({ min: 1, max: MAP_KEYS_MAX }),
  updatePolicy: fc.constantFrom('per-event' as const, 'per-rule-match' as const),
  ownership: fc.constant('process' as const),
  deadProcesses: fc.constantFrom('drop' as const, 'sum' as const),
});
const policy = fc.oneof(
  fc.record({ every: fc.integer({ min: 1 }) }),
  fc.record({ onceAfter: fc.integer({ min: 1 }) }),
  fc.record({ atMost: fc.integer({ min: 1, max: 100 }), periodUs: fc.integer({ min: 1 }) }),
);
const eventRule = fc.record(
  {
    pattern: text,
    exclude: fc.array(text, { minLength: 1, maxLength: 3 }),
    logLevel: fc
      .tuple(fc.nat(14), fc.nat(14))
      .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) })),
    filter: fc.constantFrom('a > 5 && $ctx.vpid == 3', 'b == "<&>" || c[2] != -1'),
  },
  { requiredKeys: ['pattern'] },
);
const capture = fc.constantFrom('a', 'a[3]', 'a[3][4]', 'a.b', 'a[3].b', '$ctx.vpid', '$app.p:n', '$app.p:n[0]', '  a');
const fileName = text.filter((name) => !/^\.|\//.test(name));
const condition: fc.Arbitrary<TriggerCondition> = fc.oneof(
  fc.record({
    kind: fc.constant('event-rule-matches' as const),
    rule: eventRule,
    captures: fc.array(capture, { maxLength: 3 }),
  }),
  fc.record(
    {
      kind: fc.constant('channel-buffer-usage' as const),
      session: fileName,
      domain: fc.constantFrom('kernel' as const, 'jul' as const),
      channel: fileName,
      comparison: fc.constantFrom('at-least' as const, 'at-most' as const),
      threshold: fc.oneof(
        fc.record({ ratio: fc.constantFrom(0, 1, 0.75, 1e-7, 1 / 3) }),
        fc.record({ bytes: fc.maxSafeNat() }),
      ),
    },
    { requiredKeys: ['kind', 'session', 'channel', 'comparison', 'threshold'] },
  ),
  fc.record({
    kind: fc.constant('session-consumed-size' as const),
    session: fileName,
    bytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  fc.record({
    kind: fc.constant('session-rotation' as const),
    session: fileName,
    phase: fc.constantFrom('starts' as const, 'finishes' as const),
  }),
  fc.record({ kind: fc.constant('event-rate-above' as const), rule: eventRule, perSecond: fc.nat() }),
);
const action: fc.Arbitrary<TriggerAction> = fc.oneof(
  fc.record({ kind: fc.constant('notify' as const), ratePolicy: policy }),
  fc.record({
    kind: fc.constantFrom('start-session' as const, 'stop-session' as const, 'rotate-session' as const),
    ratePolicy: policy,
    session: fileName,
  }),
  fc.record({
    kind: fc.constant('snapshot-session' as const),
    ratePolicy: policy,
    session: fileName,
    output: fc.constant(null),
    name: fc.option(fileName),
    maxBytes: fc.option(fc.integer({ min: 1 })),
  }),
  fc.record({
    kind: fc.constant('snapshot-session' as const),
    ratePolicy: policy,
    session: fileName,
    output: fc.record({
      name: fc.option(fileName),
      path: fc.constantFrom('/', '/p', '/%20/ü', '/file:'),
      maxBytes: fc.option(fc.integer({ min: 1 })),
    }),
    name: fc.constant(null),
    maxBytes: fc.constant(null),
  }),
  fc.record(
    {
      kind: fc.constant('increment' as const),
      ratePolicy: policy,
      session: fileName,
      domain: fc.constantFrom('kernel' as const, 'jul' as const),
      map: fileName,
      key: fc.constantFrom('k', '{event_name}', '{{}}', ' k ', '<&>'),
    },
    { requiredKeys: ['kind', 'ratePolicy', 'session', 'map', 'key'] },
  ),
  fc.record(
    {
      kind: fc.constant('webhook' as const),
      ratePolicy: policy,
      url: fc.constant('https://h/'),
      timeoutMs: fc.constant(1),
      attempts: fc.constant(1),
      headers: fc.constant([{ name: 'X-Team', value: 'a, <b> & "c"' }]),
      tokenFile: fc.constant('/run/secrets/<&>'),
    },
    { requiredKeys: ['kind', 'ratePolicy', 'url', 'timeoutMs', 'attempts'] },
  ),
  fc.record({
    kind: fc.constant('exec' as const),
    ratePolicy: policy,
    command: fc.array(text, { maxLength: 3 }).map((words) => ['/bin/x', ...words]),
    timeoutMs: fc.constant(1),
  }),
);
const trigger: fc.Arbitrary<TriggerDefinition> = fc.record({
  name: fc.option(text),
  condition,
  actions: fc.array(action, { minLength: 1, maxLength: 3 }),
});
const tracked = fc.option(fc.array(fc.nat(2 ** 32 - 1), { maxLength: 3 }));
const maps = fc.array(
  fc.oneof(
    map,
    map.map((one) => ({ ...one, ownership: 'user' as const, deadProcesses: 'sum' as const })),
  ),
  { maxLength: 3 },
);
const trackers = fc.record({ vpid: tracked, vuid: tracked, vgid: tracked });
const domains = (ownership: Ownership): fc.Arbitrary<DomainDescription[]> =>
  fc
    .record({
      channels: fc.array(channel(ownership), { maxLength: 3 }),
      trackers,
      maps,
      others: fc.subarray(['kernel', 'jul', 'log4j', 'log4j2', 'python'] as const),
      otherChannels: fc.array(channel(ownership), { minLength: 1, maxLength: 2 }),
    })
    .map(({ others, otherChannels, ...user }) => [
      { domain: 'user', ...user },
      ...others.map((domain) => ({ domain, channels: otherChannels, trackers: USER.trackers, maps: [] })),
    ]);
const limit = fc.option(count.map((value) => value + 1));

const session: fc.Arbitrary<SavedSession> = fc
  .constantFrom<Ownership[]>('user', 'process', 'system')
  .chain((ownership) =>
    fc
      .record({
        name: text,
        output: fc.option(text),
        shmPath: fc.option(text),
        clock: fc.constantFrom('monotonic' as const, 'tsc' as const),
        snapshot: fc.boolean(),
        format: fc.constantFrom('ctf-1.8' as const, 'ctf-2' as const),
        active: fc.boolean(),
        domains: domains(ownership),
        snapshotOutputs: fc.array(
          fc.record(
            {
              name: text,
              path: text,
              maxBytes: limit,
              retention: fc.record({ ageSeconds: limit, count: count.map((value) => value + 1), bytes: limit }),
            },
            { requiredKeys: ['name', 'path', 'maxBytes'] },
          ),
          {
            maxLength: 3,
          },
        ),
        rotationSchedule: fc.record({
          timerUs: limit,
          sizeBytes: limit,
        }),
        retention: fc.record({ ageSeconds: limit, count: limit, bytes: limit }),
      })
      .map((one) => ({
        ...one,
        output: one.snapshot ? null : one.output,
        snapshotOutputs: one.snapshot ? one.snapshotOutputs.map((output, i) => ({ ...output, id: i + 1 })) : [],
      })),
  );

function file(...inside: string[]): string {
  return `<?xml version="1.0"?><sessions><session><name>s</name>${inside.join('')}</session></sessions>`;
}

function domain(...inside: string[]): string {
  return `<domains><domain><type>UST</type><buffer_type>PER_UID</buffer_type>${inside.join('')}</domain></domains>`;
}

const refusal = (source: string): string => {
  try {
    parseSessionFile(source);
  } catch (error) {
    if (error instanceof SessionFileError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'taken';
};

describe('a session file', () => {
  it('holds everything that it takes to make the sessions again', () => {
    fc.assert(
      fc.property(fc.array(session, { minLength: 1, maxLength: 3 }), (sessions) => {
        expect(parseSessionFile(printSessionFile(sessions))).toEqual({ sessions, triggers: [], warnings: [] });
      }),
    );
  });

  it("holds the triggers that were saved along, first those that are in LTTng's words", () => {
    fc.assert(
      fc.property(fc.array(trigger, { maxLength: 3 }), (triggers) => {
        const [lttngs, ours] = [true, false].map((isLttngs) =>
          triggers.filter((one) => (triggerElement(one) !== undefined) === isLttngs),
        );
        const saved = parseSessionFile(printSessionFile([PLAIN], triggers));
        expect(saved).toEqual({ sessions: [PLAIN], triggers: [...(lttngs ?? []), ...(ours ?? [])], warnings: [] });
      }),
    );
  });

  const told = { kind: 'notify', ratePolicy: { every: 1 } } as const;
  const matches = (more: object = {}, ...captures: string[]) =>
    ({ kind: 'event-rule-matches', rule: { pattern: 'p:*', ...more }, captures }) as const;

  it.each<readonly [what: string, said: boolean, trigger: Partial<TriggerDefinition>]>([
    ['an event', true, { condition: matches({ logLevel: { from: 0, to: 4 }, filter: 'a > 5' }, 'a[1]', '$ctx.vpid') }],
    ['a session', true, { condition: { kind: 'session-consumed-size', session: 's', bytes: 5 } }],
    ['a member of an element', false, { condition: matches({}, 'a[1].b') }],
    ['a thousand dimensions', false, { condition: matches({}, `a${'[0]'.repeat(300)}`) }],
    ['an index that is spelled otherwise', false, { condition: matches({}, 'a[0x10]') }],
    ['an empty list of exclusions', false, { condition: matches({ exclude: [] }) }],
    ['a range of log levels', false, { condition: matches({ logLevel: { from: 3, to: 5 } }) }],
    ['a condition of ours', false, { condition: { kind: 'event-loop-stalled', procname: '*', periodUs: 5 } }],
    [
      'an action of ours',
      false,
      { actions: [told, { kind: 'webhook', url: 'http://h/', timeoutMs: 1, attempts: 1, ratePolicy: { every: 1 } }] },
    ],
    [
      'an increment now and then',
      false,
      { actions: [{ kind: 'increment', session: 's', map: 'm', key: 'k', ratePolicy: { every: 2 } }] },
    ],
    [
      'a snapshot to a place that has a name, and another name',
      false,
      {
        actions: [
          {
            kind: 'snapshot-session',
            session: 's',
            output: { name: 'o', path: '/o', maxBytes: null },
            name: 'n',
            maxBytes: null,
            ratePolicy: { every: 1 },
          },
        ],
      },
    ],
    [
      'a key that ends with a space',
      true,
      { actions: [{ kind: 'increment', session: 's', map: 'm', key: 'k ', ratePolicy: { every: 1 } }] },
    ],
    ['no name', false, { name: null }],
  ])("has a trigger with %s in LTTng's words: %s", (_, said, more) => {
    const saved = { name: 't', condition: matches(), actions: [told], ...more };
    const source = printSessionFile([PLAIN], [saved]);
    expect([/<triggers>/.test(source), /<\?ringtail-trigger/.test(source)]).toEqual([said, !said]);
    expect(parseSessionFile(source).triggers).toEqual([saved]);
  });

  it('is read again however many of its characters XML has references for', () => {
    const ofOurs = { kind: 'event-loop-stalled', procname: '"<&>"', periodUs: 5 } as const;
    const triggers: TriggerDefinition[] = Array.from({ length: 100 }, (_, at) => ({
      name: `t${at}`,
      condition: at < 50 ? matches({ filter: `a < ${at} && b > ${at} && c == "${'<&>'.repeat(10)}"` }) : ofOurs,
      actions: [told],
    }));
    expect(parseSessionFile(printSessionFile([PLAIN], triggers)).triggers).toEqual(triggers);
  });

  it('without triggers and maps has no element of LTTng 2.16', () => {
    expect(printSessionFile([PLAIN])).not.toMatch(/trigger|map/);
  });

  it('keeps white space at the ends of names, but needs none around numbers and words', () => {
    const channels = [
      { ...DEFAULT_CHANNEL, name: 'c', enabled: true, contexts: [], rules: [{ pattern: ' a:* ', enabled: true }] },
    ];
    const saved = { ...PLAIN, domains: [{ ...USER, channels }] };
    const source = printSessionFile([saved]);
    expect(parseSessionFile(source).sessions).toEqual([saved]);
    const wide = source.replaceAll(/>(true|false|DISCARD|UST|TRACEPOINT|ALL|\d+)</g, '>\n $1\t<');
    expect(parseSessionFile(wide).sessions).toEqual([saved]);
  });

  it('may lack whatever has a default', () => {
    const source = file(
      domain('<channels><channel><name>c</name><read_timer_interval>0</read_timer_interval></channel></channels>'),
    );
    const defaults = { ...DEFAULT_CHANNEL, name: 'c', monitorTimerUs: 0, enabled: true, contexts: [], rules: [] };
    expect(parseSessionFile(source).sessions).toEqual([
      { ...PLAIN, output: null, domains: [{ ...USER, channels: [defaults] }] },
    ]);
  });

  it('has the types of rules of the kernel', () => {
    const events = ['TRACEPOINT', 'SYSCALL', 'ALL', 'KPROBE'].map(
      (type) => `<event><name>e</name><type>${type}</type></event>`,
    );
    const channel = `<channel><name>k</name><events>${events.join('')}</events></channel>`;
    const kernel = `<domain><type>KERNEL</type><buffer_type>GLOBAL</buffer_type><channels>${channel}</channels></domain>`;
    const { sessions, warnings } = parseSessionFile(file(`<domains>${kernel}</domains>`));
    const rules = [{}, { type: 'syscall' }, { type: 'all' }].map((type) => ({ pattern: 'e', enabled: true, ...type }));
    expect(sessions[0]?.domains[1]?.channels[0]?.rules).toEqual(rules);
    expect(warnings).toEqual(['session s: the event e of type KPROBE is not supported and is left out']);
    expect(parseSessionFile(printSessionFile(sessions)).sessions).toEqual(sessions);
  });

  it('of another tracer tells what of it is left out', () => {
    const kernel =
      '<domain><type>KERNEL</type><buffer_type>GLOBAL</buffer_type><channels><channel><name>k</name></channel></channels></domain>';
    const empty = '<domain><type>JUL</type><buffer_type>PER_UID</buffer_type><channels/></domain>';
    const network =
      '<output><consumer_output><enabled>true</enabled><destination><net_output><control_uri>tcp://h</control_uri></net_output></destination></consumer_output></output>';
    const live = '<attributes><live_timer_interval>1000</live_timer_interval></attributes>';
    const { sessions, warnings } = parseSessionFile(file(`<domains>${kernel}${empty}</domains>`, network, live));
    const channels = [expect.objectContaining({ name: 'k', monitorTimerUs: 0, rules: [] })];
    expect(sessions).toEqual([{ ...PLAIN, output: null, domains: [USER, { ...USER, domain: 'kernel', channels }] }]);
    expect(warnings).toEqual([
      'session s: live mode is not supported; it is loaded without',
      'session s: sending over the network is not supported; it is loaded without an output',
    ]);
  });

  it('is told why a trigger is left out, however long the filter is', () => {
    const conditions = `<condition><condition_event_rule_matches><event_rule><event_rule_user_tracepoint><name_pattern>*</name_pattern>
      <filter_expression>${'a || '.repeat(1000)}</filter_expression></event_rule_user_tracepoint></event_rule><capture_descriptors/></condition_event_rule_matches></condition>`;
    const source = `<sessions><triggers><trigger><name>t</name>${conditions}<action><action_list/></action></trigger></triggers></sessions>`;
    expect(parseSessionFile(source).warnings).toEqual([
      expect.stringMatching(/^the trigger t is left out: the filter (a \|\| ){20}… is wrong: .* \(column \d+\)$/),
    ]);
  });

  it.each([
    ['RANGE', '-1', undefined],
    ['SINGLE', '-1', undefined],
    ['ALL', '-1', undefined],
    ['RANGE', '6', { from: 0, to: 6 }],
    ['SINGLE', '6', { from: 6, to: 6 }],
  ])('takes log level -1 for every level, as LTTng does and has saved it: %s %s', (type, level, expected) => {
    const event = `<event><name>e</name><loglevel_type>${type}</loglevel_type><loglevel>${level}</loglevel></event>`;
    const channel = `<channels><channel><name>c</name><events>${event}</events></channel></channels>`;
    const [rule] = parseSessionFile(file(domain(channel))).sessions[0]?.domains[0]?.channels[0]?.rules ?? [];
    expect(rule?.logLevel).toEqual(expected);
  });

  it('may have several trackers of an attribute, or the one of LTTng before 2.12', () => {
    const vpid = (id: number) =>
      `<vpid_process_attr_tracker><process_attr_values><vpid><id>${id}</id></vpid></process_attr_values></vpid_process_attr_tracker>`;
    const trackedOf = (...inside: string[]) =>
      parseSessionFile(file(domain(...inside))).sessions[0]?.domains[0]?.trackers.vpid;
    expect(trackedOf(`<process_attr_trackers>${vpid(666)}${vpid(999)}</process_attr_trackers>`)).toEqual([666, 999]);
    const former = (targets: string) => `<trackers><pid_tracker>${targets}</pid_tracker></trackers>`;
    const target = (pid: number) => `<pid_target><pid>${pid}</pid></pid_target>`;
    expect(trackedOf(former(`<targets>${target(42)}${target(1337)}</targets>`))).toEqual([42, 1337]);
    expect(trackedOf(former('<targets/>'))).toEqual([]);
    expect(trackedOf()).toBeNull();
  });

  it('may call tracked users and groups by names that are known here', () => {
    const tracked = (name: string) =>
      file(
        domain(
          `<process_attr_trackers><vuid_process_attr_tracker><process_attr_values><vuid><name>${name}</name></vuid><vuid><id>7</id></vuid></process_attr_values></vuid_process_attr_tracker></process_attr_trackers>`,
        ),
      );
    const accounts = {
      userNumber: (name: string) => (name === 'ann' ? 1000 : undefined),
      groupNumber: () => undefined,
    };
    expect(parseSessionFile(tracked('ann'), accounts).sessions[0]?.domains[0]?.trackers.vuid).toEqual([1000, 7]);
    expect(() => parseSessionFile(tracked('bob'), accounts)).toThrow('nobody here is called bob');
  });

  it.each([
    [
      'perf:thread:raw:r1a8:stalls',
      '<perf><type>4</type><config>424</config><name>perf_thread_raw_r1a8_stalls</name></perf>',
    ],
    ['perf:thread:cpu-cycles', '<perf><type>0</type><config>0</config><name>perf_thread_cpu_cycles</name></perf>'],
    ['vuid', '<type>VUID</type>'],
    ['$app.shop:user', '<app><provider_name>shop</provider_name><ctx_name>user</ctx_name></app>'],
  ])('of LTTng has the context %s', (name, element) => {
    const context = `<contexts><context>${element}</context></contexts>`;
    const source = file(domain(`<channels><channel><name>c</name>${context}</channel></channels>`));
    expect(parseSessionFile(source).sessions[0]?.domains[0]?.channels[0]?.contexts).toEqual([name]);
  });

  it.each([
    ['', 'NOT_XML'],
    ['<sessions>', 'NOT_XML'],
    ['<sessions><session></sessions>', 'NOT_XML'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><sessions/>', 'NOT_XML a session file has no document type declaration'],
    ['<sessions><a\u001b[2J/></sessions>', "Tag 'a?[2J' is an invalid name"],
    ['<other/>', 'BAD_SESSION_FILE there is no element sessions'],
    ['<sessions><session/></sessions>', 'lacks the element name'],
    [file('<started>maybe</started>'), 'sessions › session "s": started must be true or false'],
    [file(domain('<channels><channel/></channels>')), 'lacks the element name'],
    [
      file(domain('<channels><channel><name>c</name><subbuffer_size>many</subbuffer_size></channel></channels>')),
      'sessions › session "s" › domains › domain › channels › channel "c": subbuffer_size must be an integer from 1, not "many"',
    ],
    [file('<domains><domain><type>MOON</type></domain></domains>'), 'type must be one of UST, KERNEL'],
    ['<sessions><?ringtail-trigger definition="{"?></sessions>', 'sessions: ringtail-trigger: '],
    ['<sessions><?ringtail-trigger definition="null"?></sessions>', 'sessions: ringtail-trigger: name must'],
    [file('<name>t</name>'), 'there is more than one element name'],
    ['<sessions><session><name><name/></name></session></sessions>', 'must be text'],
  ])('%s is refused, with the place', (source, reason) => {
    expect(refusal(source)).toContain(reason);
  });

  it('is read or refused, whatever it holds', () => {
    const names = [
      'session',
      'name',
      'domains',
      'domain',
      'type',
      'channels',
      'channel',
      'events',
      'event',
      'contexts',
      'context',
    ];
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom('', 'UST', 'x', '1', '&lt;', '&#65;', '&nope;', '__proto__'),
        fc
          .tuple(fc.constantFrom(...names, '__proto__', 'constructor'), fc.array(tie('tree'), { maxLength: 3 }))
          .map(([name, inside]) => `<${name}>${inside.join('')}</${name}>`),
      ),
    }));
    fc.assert(fc.property(tree, (source) => void refusal(`<sessions>${source}</sessions>`)));
    fc.assert(fc.property(fc.string(), (source) => void refusal(source)));
  });
});
