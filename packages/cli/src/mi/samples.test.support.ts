import {
  DEFAULT_CHANNEL,
  type DomainDescription,
  EXIT_CAUSES,
  type MapChannelAttributes,
  NO_STATISTICS,
  type SessionDescription,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDescription,
} from '@ringtail/protocol';
import type { CommandResult } from '../command-result.ts';

const MAPS: readonly MapChannelAttributes[] = (['user', 'process'] as const).map((ownership) => ({
  name: `${ownership}s`,
  valueType: ownership === 'user' ? 'signed-int-max' : 'signed-int-32',
  keyCountMax: 5,
  updatePolicy: ownership === 'user' ? 'per-event' : 'per-rule-match',
  ownership,
  deadProcesses: 'sum',
}));
const user: DomainDescription = {
  domain: 'user',
  channels: [
    {
      ...DEFAULT_CHANNEL,
      name: 'c',
      blockingTimeoutUs: null,
      enabled: true,
      contexts: ['vuid'],
      rules: [
        {
          pattern: 'a:*',
          enabled: true,
          exclude: ['a:x', 'a:y'],
          logLevel: { from: 0, to: 6 },
          filter: 'n < 5 && s == "x"',
        },
        { pattern: 'b', enabled: false, logLevel: { from: 4, to: 4 } },
      ],
    },
    { ...DEFAULT_CHANNEL, name: 'empty', mode: 'overwrite', enabled: false, contexts: [], rules: [] },
  ],
  trackers: { vpid: [7, 9], vuid: [], vgid: null },
  maps: MAPS,
};
const session: SessionDescription = {
  name: 's <&> "ü"',
  uid: 1000,
  output: '/out',
  shmPath: null,
  clock: 'monotonic',
  snapshot: false,
  format: 'ctf-2',
  createdAt: '2026-11-20T00:00:00Z',
  active: true,
  domains: [user],
  snapshotOutputs: [
    { id: 1, name: 'o', path: '/snap', maxBytes: 5, retention: { ageSeconds: null, count: 5, bytes: null } },
  ],
  rotationSchedule: { timerUs: 10, sizeBytes: 20 },
  retention: { ageSeconds: 60, count: 5, bytes: 1024 },
  rotations: 0,
  lastArchive: null,
  archivesRemoved: 0,
};
const bare: SessionDescription = {
  ...session,
  name: 'bare',
  output: null,
  snapshot: true,
  active: false,
  domains: [{ domain: 'user', channels: [], maps: [], trackers: { vpid: null, vuid: null, vgid: null } }],
  snapshotOutputs: [],
  rotationSchedule: { timerUs: null, sizeBytes: null },
  retention: { ageSeconds: null, count: null, bytes: null },
};
const perProcess: SessionDescription = {
  ...session,
  domains: [
    {
      ...user,
      channels: user.channels.map((channel, at) => ({ ...channel, ownership: 'process', reclaimAfterUs: at * 5 })),
    },
  ],
};
const ring = (channel: string, pid: number) => ({
  domain: 'user' as const,
  channel,
  uid: 1000,
  pid,
  tid: pid,
  procname: 'node',
  program: 'app.js',
  usedBytes: 4096,
  ringBytes: 16 * 1024 ** 2,
});
const spec = (kind: string) => ({ kind });
const field = (name: string, of: object) => ({ name, spec: of as { kind: string } });

const rule = { pattern: 'a:*', exclude: ['a:x'], filter: 'n < 5 && s == "x"' };
const CONDITIONS: readonly TriggerCondition[] = [
  {
    kind: 'event-rule-matches',
    rule: { ...rule, logLevel: { from: 0, to: 4 } },
    captures: ['x', '$ctx.vpid', '$app.p:n', 'y[3]', 'y[3][4]', 'a.b', '] no field ['],
  },
  { kind: 'event-rule-matches', rule: { pattern: '*', logLevel: { from: 6, to: 6 } }, captures: [] },
  ...(['at-least', 'at-most'] as const).map((comparison) => ({
    kind: 'channel-buffer-usage' as const,
    session: 's',
    channel: 'c',
    comparison,
    threshold: comparison === 'at-least' ? { ratio: 0.75 } : { bytes: 4096 },
  })),
  { kind: 'session-consumed-size', session: 's', bytes: 5 },
  { kind: 'session-rotation', session: 's', phase: 'starts' },
  { kind: 'session-rotation', session: 's', phase: 'finishes' },
  { kind: 'session-trouble', session: 's' },
  { kind: 'application-exited', procname: 'web*', causes: EXIT_CAUSES },
  { kind: 'event-rate-above', rule, perSecond: 0.5 },
  { kind: 'no-event-for', rule: { pattern: 'a:b' }, periodUs: 5 },
  { kind: 'event-loop-stalled', procname: '*', periodUs: 5 },
];
const every = { ratePolicy: { every: 1 } };
const ACTIONS: readonly TriggerAction[] = [
  { kind: 'notify', ratePolicy: { onceAfter: 3 } },
  ...(['start-session', 'stop-session', 'rotate-session'] as const).map((kind) => ({ kind, session: 's', ...every })),
  { kind: 'snapshot-session', session: 's', output: null, name: null, maxBytes: null, ...every },
  { kind: 'snapshot-session', session: 's', output: null, name: 'n', maxBytes: 5, ...every },
  {
    kind: 'snapshot-session',
    session: 's',
    output: { name: 'n', path: '/p', maxBytes: 5 },
    name: null,
    maxBytes: null,
    ...every,
  },
  { kind: 'increment', session: 's', map: 'm', key: '{event_name}', ...every },
  { kind: 'exec', command: ['/bin/sh', '-c', 'a | b'], timeoutMs: 5, ...every },
  { kind: 'webhook', url: 'http://h/', timeoutMs: 5, attempts: 2, ratePolicy: { every: 10 } },
  { kind: 'notify', ratePolicy: { atMost: 2, periodUs: 600_000_000 } },
  {
    kind: 'webhook',
    url: 'https://h/',
    timeoutMs: 5,
    attempts: 2,
    headers: [
      { name: 'X-Team', value: 'shop' },
      { name: 'X-Key', value: 'hidden' },
    ],
    tokenFile: '/t',
    ...every,
  },
];
/** One for each condition, and one with all actions. */
export const TRIGGERS: readonly TriggerDescription[] = CONDITIONS.map((condition, at) => ({
  name: `t${at}`,
  uid: 1000,
  condition,
  actions: at === 0 ? ACTIONS : ACTIONS.slice(0, 1),
  occurrences: at,
  messagesDiscarded: at,
  actionStatistics: (at === 0 ? ACTIONS : ACTIONS.slice(0, 1)).map((_, action) => ({
    executions: at + action,
    failures: action % 2,
    suppressed: at,
    lastFailure: action % 2 === 1 ? 'it hung' : null,
  })),
}));
const table = {
  domain: 'user' as const,
  map: 'm',
  rows: [{ key: '<k>', value: -5, overflow: true }],
} as const;
const owners = [
  { kind: 'process', id: 7, name: 'node', valueBits: 32 },
  { kind: 'user', id: 0, name: 'root', valueBits: 32 },
  { kind: 'shared', id: null, name: null, valueBits: 64 },
] as const;

/** A result of every kind of command. */
export const RESULTS: readonly CommandResult[] = [
  { command: 'create', session },
  { command: 'set-session', session: 's' },
  ...(['start', 'clear'] as const).map((command) => ({
    command,
    sessions: [
      { session: 's', success: true },
      { session: 't', success: false },
    ],
  })),
  ...(['stop', 'destroy'] as const).map((command) => ({
    command,
    sessions: [{ session: 's', success: true, statistics: NO_STATISTICS }],
  })),
  { command: 'start', sessions: [] },
  { command: 'list-sessions', sessions: [session, bare] },
  { command: 'list-sessions', sessions: [] },
  { command: 'list-session', session, statistics: NO_STATISTICS, memory: [ring('c', 7), ring('c', 8)] },
  { command: 'list-session', session: perProcess, statistics: NO_STATISTICS, memory: [ring('c', 7), ring('c', 8)] },
  { command: 'list-session', session: bare, statistics: NO_STATISTICS, memory: [] },
  { command: 'list-domains', session },
  {
    command: 'list-tracepoints',
    fields: true,
    domains: [
      {
        domain: 'user',
        events: [],
        applications: [
          {
            pid: 7,
            tid: 8,
            uid: 0,
            procname: 'node',
            program: 'app.js',
            runtime: 'Node.js 20',
            mainThread: true,
            tracepoints: [
              {
                name: 'shop:order',
                logLevel: 6,
                fields: [
                  field('n', spec('integer')),
                  field('f', spec('float')),
                  field('e', spec('enumeration')),
                  field('t', spec('text')),
                  field('l', spec('sequence')),
                  field('x', { kind: 'filter-only', content: spec('string') }),
                ],
              },
              { name: 'odd', logLevel: 200, fields: [null, 5] },
            ],
            troubles: [],
          },
        ],
      },
    ],
  },
  { command: 'list-tracepoints', fields: false, domains: [{ domain: 'user', applications: [], events: [] }] },
  {
    command: 'list-tracepoints',
    fields: false,
    domains: (['jul', 'log4j', 'python'] as const).map((domain) => ({ domain, applications: [], events: [] })),
  },
  { command: 'enable-channel', session: 's', domain: 'user', channels: [{ success: true, channel: DEFAULT_CHANNEL }] },
  { command: 'disable-channel', session: 's', domain: 'user', channels: [{ success: false, channel: 'c' }] },
  {
    command: 'enable-event',
    session: 's',
    domain: 'user',
    events: [
      { success: true, channel: 'c', rule: { pattern: 'a:*', exclude: ['a:x'], logLevel: { from: 0, to: 14 } } },
    ],
  },
  { command: 'disable-event', session: 's', domain: 'user', events: [{ success: true, channel: null, pattern: null }] },
  {
    command: 'add-context',
    session: 's',
    domain: 'user',
    channel: null,
    contexts: ['vpid', 'perf:thread:cycles', 'perf:thread:raw:r1f:x', '$app.p:n', 'callstack-js'].map((context) => ({
      success: true,
      context,
    })),
  },
  { command: 'list-contexts', contexts: [{ name: 'cpu_id', refused: null }] },
  ...(['track', 'untrack'] as const).map((command) => ({
    command,
    session: 's',
    domain: 'user' as const,
    targets: [
      { attribute: 'vpid' as const, value: '7', success: true },
      { attribute: 'vuid' as const, value: 'root', success: true },
      { attribute: 'vgid' as const, value: null, success: false },
    ],
  })),
  { command: 'snapshot-record', session: 's', path: '/snap/1', statistics: NO_STATISTICS },
  { command: 'snapshot-add-output', session: 's', output: { id: 1, name: 'o', path: '/snap', maxBytes: null } },
  { command: 'snapshot-list-output', session: 's', outputs: session.snapshotOutputs },
  { command: 'snapshot-list-output', session: 's', outputs: [] },
  { command: 'snapshot-del-output', session: 's', output: 1 },
  { command: 'snapshot-del-output', session: 's', output: 'o' },
  { command: 'rotate', session: 's', archive: '/out/archives/1', statistics: NO_STATISTICS },
  { command: 'rotate', session: 's', archive: '/out/archives/1' },
  {
    command: 'enable-rotation',
    session: 's',
    schedules: [
      { kind: 'timer', value: 10, success: true },
      { kind: 'size', value: 20, success: true },
    ],
    schedule: session.rotationSchedule,
    retention: session.retention,
  },
  {
    command: 'disable-rotation',
    session: 's',
    schedules: [{ kind: 'timer', success: true }],
    schedule: bare.rotationSchedule,
    retention: bare.retention,
  },
  { command: 'save', sessions: [{ session: 's', path: '/saved/s.lttng' }] },
  { command: 'load', sessions: [], success: true },
  { command: 'regenerate-metadata', session: 's' },
  { command: 'regenerate-statedump', session: 's' },
  { command: 'reclaim-memory', session: 's', domain: 'user', bytes: 4096 },
  { command: 'add-trigger', trigger: TRIGGERS[0]! },
  { command: 'remove-trigger', trigger: TRIGGERS[1]! },
  { command: 'list-triggers', triggers: TRIGGERS },
  { command: 'list-triggers', triggers: [] },
  {
    command: 'add-map-channel',
    session: 's',
    map: MAPS[0]!,
  },
  {
    command: 'show-maps',
    session: 's',
    tables: [
      { ...table, per: 'channel', owners },
      ...owners.map((owner) => ({ ...table, per: 'owner' as const, owners: [owner] })),
    ],
  },
  { command: 'show-maps', session: 's', tables: [] },
  { command: 'export-maps', session: 's', format: 'sqlite', script: "INSERT INTO t VALUES ('<&>''');\n" },
  { command: 'version', ringtail: '1.2.3', node: '20.0.0' },
  { command: 'crash', trace: '/out', recovered: [] },
];
