/** Parameters and result of each command, with each member present. */
import { DEFAULT_CHANNEL } from '../model/channel.ts';
import { NO_STATISTICS } from '../model/statistics.ts';
import type { TriggerAction, TriggerCondition, TriggerDefinition } from '../model/trigger.ts';
import type { CommandName, Commands } from './commands.ts';
import type { Notification } from './notifications.ts';
import type { SessionDescription } from './session-description.ts';

const session = { session: 's' };
const inDomain = { session: 's', domain: 'jul' } as const;
const statistics = {
  ...NO_STATISTICS,
  eventsRecorded: 7,
  wrongValues: [{ event: 'a:b', field: 'n', fieldType: 'u8', first: 'a string', count: 3 }],
  troubles: ['the disk is full'],
};
const rule = { pattern: 'a:*', exclude: ['a:x'], logLevel: { from: 2, to: 4 }, filter: 'n > 3' };
const ruleDescription = { ...rule, enabled: true };
const output = { name: 'o', path: '/snapshots', maxBytes: 4096 };
const limitedOutput = { ...output, retention: { ageSeconds: 60, count: 5, bytes: null } };
const tracepoint = { name: 'a:b', logLevel: 6, fields: [{ name: 'n' }] };
const map = {
  name: 'm',
  valueType: 'signed-int-64',
  keyCountMax: 10,
  updatePolicy: 'per-event',
  ownership: 'user',
  deadProcesses: 'sum',
} as const;

export const CONDITIONS: readonly TriggerCondition[] = [
  { kind: 'event-rule-matches', rule, captures: ['n'] },
  { kind: 'channel-buffer-usage', ...session, channel: 'c', comparison: 'at-least', threshold: { ratio: 0.5 } },
  { kind: 'channel-buffer-usage', ...session, channel: 'c', comparison: 'at-most', threshold: { bytes: 5 } },
  { kind: 'session-consumed-size', ...session, bytes: 5 },
  { kind: 'session-rotation', ...session, phase: 'starts' },
  { kind: 'session-trouble', ...session },
  { kind: 'application-exited', procname: 'node*', causes: ['signal', 'exception'] },
  { kind: 'event-rate-above', rule, perSecond: 5.5 },
  { kind: 'no-event-for', rule, periodUs: 1000 },
  { kind: 'event-loop-stalled', procname: '*', periodUs: 1000 },
];

export const ACTIONS: readonly TriggerAction[] = [
  { kind: 'notify', ratePolicy: { every: 1 } },
  { kind: 'start-session', ratePolicy: { onceAfter: 2 }, ...session },
  { kind: 'stop-session', ratePolicy: { every: 1 }, ...session },
  { kind: 'rotate-session', ratePolicy: { every: 1 }, ...session },
  { kind: 'snapshot-session', ratePolicy: { every: 1 }, ...session, output, name: 'n', maxBytes: 4096 },
  { kind: 'increment', ratePolicy: { every: 1 }, ...session, map: 'm', key: '{event_name}' },
  { kind: 'exec', ratePolicy: { every: 1 }, command: ['/bin/true', 'x'], timeoutMs: 5 },
  { kind: 'webhook', ratePolicy: { every: 1 }, url: 'http://localhost/', timeoutMs: 5, attempts: 3 },
  {
    kind: 'webhook',
    ratePolicy: { atMost: 1, periodUs: 1 },
    url: 'https://localhost/',
    timeoutMs: 5,
    attempts: 3,
    headers: [{ name: 'X-Team', value: 'shop, night' }],
    tokenFile: '/run/secrets/token',
  },
];

const trigger: TriggerDefinition = { name: 't', condition: CONDITIONS[0]!, actions: ACTIONS };

const description: SessionDescription = {
  name: 's',
  uid: 0,
  output: '/traces/s',
  shmPath: '/shm',
  clock: 'monotonic',
  snapshot: false,
  format: 'ctf-2',
  createdAt: '2026-01-01T00:00:00.000Z',
  active: true,
  domains: [
    {
      domain: 'user',
      channels: [{ ...DEFAULT_CHANNEL, enabled: true, contexts: ['vpid'], rules: [ruleDescription] }],
      trackers: { vpid: [1, 2], vuid: null, vgid: [] },
      maps: [map],
    },
  ],
  snapshotOutputs: [{ id: 1, ...output }],
  rotationSchedule: { timerUs: 1000, sizeBytes: null },
  rotations: 1,
  retention: { ageSeconds: 60, count: null, bytes: 4096 },
  lastArchive: '/traces/s/archives/x',
  archivesRemoved: 2,
};

const tracking = { params: { ...inDomain, attribute: 'vpid', values: [1, 2] }, result: null } as const;
const plain = { params: session, result: null };

export const SAMPLES: { readonly [Name in CommandName]: Commands[Name] } = {
  hello: { params: { protocol: 2 }, result: { daemonVersion: '0', pid: 1 } },
  'daemon-status': {
    params: {},
    result: {
      pid: 1,
      version: '0',
      runDirectory: '/run',
      missingGroup: 'tracing',
      startedAt: '2026-01-01T00:00:00.000Z',
      consumerPid: 2,
      consumerRestarts: 0,
      consumers: [{ uid: 0, pid: 2, restarts: 0, hangs: 0 }],
      applications: 0,
      sessions: 0,
      memoryBytes: 1,
    },
  },
  'list-instrumentation': {
    params: { domain: 'user', fields: true, syscalls: false },
    result: {
      applications: [
        {
          pid: 1,
          tid: 1,
          uid: 0,
          procname: 'node',
          program: 'app.js',
          runtime: 'node 20',
          mainThread: true,
          tracepoints: 0,
          troubles: ['no memory'],
        },
      ],
      tracepointLists: [[tracepoint]],
      events: [tracepoint],
    },
  },
  subscribe: { params: {}, result: null },
  shutdown: { params: {}, result: null },
  'create-session': {
    params: {
      name: 's',
      output: '/traces/s',
      restored: true,
      shmPath: '/shm',
      clock: 'tsc',
      snapshot: false,
      format: 'ctf-1.8',
    },
    result: { name: 's', output: '/traces/s' },
  },
  'start-session': plain,
  'stop-session': { params: session, result: statistics },
  'destroy-session': { params: session, result: { ...statistics, archive: '/traces/s/archives/x' } },
  'begin-stop': plain,
  'begin-destruction': plain,
  'list-sessions': { params: {}, result: [description] },
  'session-statistics': { params: session, result: statistics },
  'session-memory': {
    params: session,
    result: [
      {
        domain: 'user',
        channel: 'c',
        uid: 0,
        pid: 1,
        tid: 1,
        procname: 'node',
        program: 'app.js',
        usedBytes: 1,
        ringBytes: 2,
      },
    ],
  },
  'session-diagnosis': {
    params: session,
    result: {
      active: true,
      startedOnce: true,
      threadsSeen: 2,
      threadsRegistered: 1,
      threadsOfOwner: 1,
      threadsUntracked: 0,
      rules: [
        {
          channel: 'c',
          rule: ruleDescription,
          named: 1,
          notExcluded: 1,
          ofLogLevel: 1,
          filterEvaluations: 5,
          filterRejections: 4,
        },
      ],
      rulesNotCompared: 0,
      tracepointNames: ['a:b'],
      channelsDisabled: ['d'],
      statistics,
    },
  },
  'watch-command': { params: { ...session, pid: 1, preload: '--import x' }, result: null },
  'enable-channel': { params: { ...inDomain, channel: { ...DEFAULT_CHANNEL, reclaimAfterUs: 5 } }, result: null },
  'disable-channel': { params: { ...inDomain, channel: 'c' }, result: null },
  'enable-event': { params: { ...inDomain, channel: 'c', rule }, result: { channel: 'c' } },
  'disable-event': {
    params: { ...inDomain, channel: 'c', pattern: 'a:*', type: 'syscall' },
    result: { channel: 'c', disabled: 1 },
  },
  'add-context': { params: { ...inDomain, channel: 'c', contexts: ['vpid'] }, result: { channels: ['c'] } },
  'list-contexts': { params: { domain: 'kernel' }, result: [{ name: 'vpid', refused: 'not here' }] },
  track: tracking,
  untrack: tracking,
  'reclaim-memory': { params: { ...inDomain, channels: ['c'], olderThanUs: 0 }, result: { bytes: 1 } },
  'record-snapshot': {
    params: { ...session, output, name: 'n', maxBytes: 4096 },
    result: { path: '/snapshots/n', statistics },
  },
  'set-retention': {
    params: { ...session, ageSeconds: null, count: 5, bytes: 4096 },
    result: { ageSeconds: null, count: 5, bytes: 4096 },
  },
  'add-snapshot-output': {
    params: { ...session, output: limitedOutput },
    result: { id: 1, ...limitedOutput },
  },
  'delete-snapshot-output': { params: { ...session, output: 1 }, result: null },
  'rotate-session': { params: session, result: { archive: '/traces/s/archives/x', statistics } },
  'begin-rotation': { params: session, result: { archive: '/traces/s/archives/x' } },
  'set-rotation-schedule': {
    params: { ...session, timerUs: 1000, sizeBytes: 4096 },
    result: { timerUs: 1000, sizeBytes: 4096 },
  },
  'clear-session': plain,
  'regenerate-metadata': plain,
  'regenerate-statedump': plain,
  'add-trigger': { params: { trigger, ownerUid: 1000 }, result: { name: 't' } },
  'remove-trigger': { params: { name: 't', ownerUid: 1000 }, result: null },
  'list-triggers': {
    params: {},
    result: [
      {
        ...trigger,
        name: 't',
        uid: 0,
        occurrences: 1,
        messagesDiscarded: 0,
        actionStatistics: [{ executions: 1, failures: 1, suppressed: 2, lastFailure: 'not found' }],
      },
    ],
  },
  'add-map': { params: { ...inDomain, map }, result: { name: 'm' } },
  'show-maps': {
    params: { ...inDomain, map: 'm' },
    result: [
      { map: 'm', owner: { kind: 'user', uid: 0 }, key: 'k', value: -5, overflow: false },
      {
        map: 'm',
        owner: { kind: 'process', uid: 0, pid: 1, procname: 'node', program: 'app.js' },
        key: 'k',
        value: 5,
        overflow: true,
      },
      { map: 'm', owner: { kind: 'shared' }, key: 'k', value: 5, overflow: false },
    ],
  },
};

export const NOTIFICATIONS: readonly Notification[] = [
  { kind: 'session-created', ...session },
  { kind: 'session-started', ...session },
  { kind: 'session-stopped', ...session },
  { kind: 'session-changed', ...session },
  { kind: 'session-cleared', ...session },
  { kind: 'session-destroyed', ...session },
  { kind: 'rotation-completed', ...session, archive: '/a' },
  { kind: 'snapshot-recorded', ...session, path: '/p' },
  {
    kind: 'trigger-fired',
    report: {
      trigger: 't',
      uid: 0,
      condition: 'session-trouble',
      at: '2026-01-01T00:00:00.000Z',
      occurrences: 1,
      captures: { n: [1, 'a', null, true] },
      details: { session: 's', rate: 5.5, archive: null },
    },
  },
  { kind: 'application-registered', pid: 1, tid: 1, procname: 'node', program: 'app.js' },
  {
    kind: 'application-gone',
    pid: 1,
    tid: 1,
    procname: 'node',
    program: 'app.js',
    end: {
      cause: 'signal',
      exitCode: 1,
      signal: { number: 11, name: 'SIGSEGV', coreDumped: false },
      abortedBy: null,
      exception: 'Error: x',
    },
  },
  { kind: 'dropped', count: 3 },
];
