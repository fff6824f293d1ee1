import { groupName, userName } from '@ringtail/posix/accounts';
import {
  type ChannelDescription,
  type DomainDescription,
  type DomainName,
  isNodeLogger,
  isUsed,
  type LineProbe,
  type MapChannelAttributes,
  type Probe,
  placeOfProbe,
  type RingMemory,
  type RuleDescription,
  type SessionDescription,
  type SessionStatistics,
  type TrackedAttribute,
  UNSET_SWITCH_TIMER_US,
} from '@ringtail/protocol';
import { describeLogLevel } from '../options/log-level.ts';
import { formatBytes, formatCount } from '../output/quantity.ts';
import { describeRetention } from '../output/retention.ts';
import type { Style } from '../output/style.ts';
import { describeMemory, type MemoryDetail } from './describe-memory.ts';
import { domainWords } from './domain-words.ts';

/** Label of each tracked attribute, and the text of its values. */
const TRACKERS: readonly (readonly [TrackedAttribute, string, (value: number) => string])[] = [
  ['vpid', 'Virtual process IDs:', String],
  ['vuid', 'Virtual user IDs:', (value) => quotedName(userName(value), value)],
  ['vgid', 'Virtual group IDs:', (value) => quotedName(groupName(value), value)],
  ['uid', 'User IDs:', (value) => quotedName(userName(value), value)],
  ['gid', 'Group IDs:', (value) => quotedName(groupName(value), value)],
];

/** Listings have LTTng's words and layout, so that scripts that search them work; additions are lines of their own. */
export function describeSessionList(style: Style, sessions: readonly SessionDescription[], uid: number): string {
  if (sessions.length === 0) return 'Currently no available recording session';
  const lines = sessions.map((session, index) =>
    [
      `  ${index + 1}) ${style.bold(session.name)} [${stateOf(style, session)}]`,
      ...ownerLine(session, uid),
      ...outputLine(session),
      '',
    ].join('\n'),
  );
  return `Available recording sessions:\n${lines.join('\n')}\n\nUse ringtail list <session_name> for more details`;
}

export interface SessionDetails {
  readonly session: SessionDescription;
  readonly statistics: SessionStatistics;
  readonly memory: readonly RingMemory[];
}

export function describeSessionDetails(
  style: Style,
  details: SessionDetails,
  memoryDetail: MemoryDetail,
  uid: number,
): string {
  const { session, statistics, memory } = details;
  return [
    ...headerOf(style, session, uid),
    ...scheduleOf(session),
    ...retentionOf(session),
    ...snapshotOutputsOf(session),
    ...session.domains.filter(isUsed).flatMap((domain) => domainLines(style, domain, memory, memoryDetail)),
    'Statistics:',
    ...statisticsOf(statistics),
    ...(session.rotations === 0
      ? []
      : [`    Archived chunks:  ${session.rotations}, the newest ${session.lastArchive}`]),
    ...(session.archivesRemoved === 0 ? [] : [`    Removed by limits: ${formatCount(session.archivesRemoved)}`]),
  ].join('\n');
}

export function describeDomains(style: Style, session: SessionDescription, uid: number): string {
  const items = session.domains.filter(isUsed).map(({ domain }) => `  - ${domainWords(domain).item}`);
  return [
    ...headerOf(style, session, uid),
    'Domains:',
    '-------------',
    ...(items.length === 0 ? ['  None'] : items),
  ].join('\n');
}

function headerOf(style: Style, session: SessionDescription, uid: number): string[] {
  return [
    `Recording session ${style.bold(session.name)}: [${stateOf(style, session)}]`,
    ...ownerLine(session, uid),
    ...outputLine(session),
    ...(session.shmPath === null ? [] : [`    Shared memory path: ${session.shmPath}`]),
    `    Trace format: ${session.format}`,
    `    Clock: ${session.clock}`,
    '',
  ];
}

/** The owner of another user's session, which root sees. @param uid the user of this process */
function ownerLine(session: SessionDescription, uid: number): string[] {
  return session.uid === uid ? [] : [`    Owner: ${userName(session.uid)}`];
}

function outputLine({ output }: SessionDescription): string[] {
  return output === null ? [] : [`    Trace output: ${output}`];
}

function stateOf(style: Style, session: SessionDescription): string {
  const state = session.active ? style.green('active') : 'inactive';
  return session.snapshot ? `${state} snapshot` : state;
}

function scheduleOf({ rotationSchedule: { timerUs, sizeBytes } }: SessionDescription): string[] {
  if (timerUs === null && sizeBytes === null) return [];
  return [
    'Automatic rotation schedules:',
    ...(timerUs === null ? [] : [`    timer period: ${timerUs} us`]),
    ...(sizeBytes === null ? [] : [`    size threshold: ${sizeBytes} bytes`]),
    '',
  ];
}

function retentionOf({ retention }: SessionDescription): string[] {
  const kept = describeRetention(retention);
  return kept === '' ? [] : ['Kept archives:', `    ${kept}`, ''];
}

function snapshotOutputsOf({ snapshot, snapshotOutputs }: SessionDescription): string[] {
  if (!snapshot) return [];
  return [
    'Snapshot outputs:',
    ...snapshotOutputs.map(({ id, name, path, maxBytes, retention }) => {
      const kept = describeRetention(retention);
      const size = maxBytes === null ? '' : ` (max size: ${maxBytes} bytes)`;
      return `    [${id}] ${name}: ${path}${size}${kept === '' ? '' : `, kept: ${kept}`}`;
    }),
    ...(snapshotOutputs.length === 0 ? ['    None'] : []),
    '',
  ];
}

/** LTTng's words for buffer ownership, which all channels of a domain share. */
const SCHEMES = { user: 'per-user', process: 'per-process', system: 'global' } as const;

function domainLines(
  style: Style,
  { domain, channels, maps, trackers }: DomainDescription,
  memory: readonly RingMemory[],
  memoryDetail: MemoryDetail,
): string[] {
  return [
    `=== Domain: ${domainWords(domain).heading} ===`,
    '',
    `Buffering scheme: ${SCHEMES[channels[0]?.ownership ?? 'user']}`,
    '',
    ...(isNodeLogger(domain) ? [] : ['Tracked process attributes']),
    ...TRACKERS.flatMap(([attribute, noun, text]) => {
      const values = trackers[attribute];
      return values === undefined ? [] : [`  ${noun.padEnd(21)} ${trackedText(values, text)}`];
    }),
    ...(isNodeLogger(domain) ? [] : ['']),
    ...(channels.length === 0 ? [] : ['Channels:', '-------------']),
    ...channels.flatMap((channel) => {
      const rings = memory.filter((ring) => ring.domain === domain && ring.channel === channel.name);
      return channelLines(style, domain, channel, describeMemory(channel, rings, memoryDetail));
    }),
    ...(maps.length === 0 ? [] : ['Map channels:', '-------------', ...maps.flatMap((map) => mapLines(style, map))]),
  ];
}

function mapLines(style: Style, map: MapChannelAttributes): string[] {
  return [
    `- ${style.bold(map.name)}:`,
    '',
    '    Attributes:',
    ...attributeLines([
      ['Value type', map.valueType],
      ['Maximum keys', String(map.keyCountMax)],
      ['Update policy', map.updatePolicy],
      ['Counters of', map.ownership === 'process' ? 'each process' : 'each user'],
      ...(map.ownership === 'user'
        ? []
        : ([['Ended processes', map.deadProcesses === 'drop' ? 'dropped' : 'summed into shared']] as const)),
    ]),
    '',
  ];
}

function attributeLines(attributes: readonly (readonly [name: string, value: string])[]): string[] {
  return attributes.map(([name, value]) => `      ${`${name}:`.padEnd(17)} ${value}`);
}

function trackedText(values: readonly number[] | null, text: (value: number) => string): string {
  if (values === null) return 'all';
  return values.length === 0 ? 'none' : values.map(text).join(', ');
}

function quotedName(name: string, value: number): string {
  return name === String(value) ? name : `\`${name}\``;
}

function channelLines(
  style: Style,
  domain: DomainName,
  channel: ChannelDescription,
  memory: ReturnType<typeof describeMemory>,
): string[] {
  return [
    `- ${style.bold(channel.name)}: ${enabledText(channel.enabled)}`,
    '',
    '    Attributes:',
    ...attributeLines(attributesOf(channel)),
    `      ${'Memory usage:'.padEnd(17)} ${memory.total}`,
    ...memory.parts.map((part) => `        ${part}`),
    '',
    '    Context fields:',
    ...indentedList(channel.contexts),
    '',
    '    Recording event rules:',
    ...indentedList(channel.rules.map((rule) => describeRule(rule, domain))),
    '',
  ];
}

function attributesOf(channel: ChannelDescription): (readonly [string, string])[] {
  const timer = (us: number): string => (us === 0 ? 'inactive' : `${us} us`);
  const timeout = channel.blockingTimeoutUs === null ? 'infinite' : `${channel.blockingTimeoutUs} us`;
  const files =
    channel.traceFileBytes === 0 ? '1' : channel.traceFileCount === 0 ? 'unlimited' : channel.traceFileCount;
  return [
    ['Event-loss mode', channel.mode],
    ['Sub-buffer size', `${channel.subBufBytes} bytes`],
    ['Sub-buffer count', String(channel.subBufCount)],
    [
      'Switch timer',
      channel.switchTimerUs === 0 ? `${UNSET_SWITCH_TIMER_US} us (default)` : timer(channel.switchTimerUs),
    ],
    ['Read timer', timer(channel.readTimerUs)],
    ['Monitor timer', timer(channel.monitorTimerUs)],
    ...(channel.mode === 'discard' ? ([['Blocking timeout', timeout]] as const) : []),
    ['Trace file count', `${files} per stream`],
    ['Trace file size', channel.traceFileBytes === 0 ? 'unlimited' : `${channel.traceFileBytes} bytes`],
    ['Output mode', 'mmap'],
    ['Buffer memory', channel.preallocation === 'preallocate' ? 'preallocated' : 'on demand'],
    ...(channel.reclaimAfterUs === null ? [] : ([['Reclaimed after', `${channel.reclaimAfterUs} us`]] as const)),
  ];
}

function indentedList(lines: readonly string[]): string[] {
  return lines.length === 0 ? ['      None'] : lines.map((line) => `      ${line}`);
}

function describeRule(rule: RuleDescription, domain: DomainName): string {
  return [
    rule.pattern,
    ...(rule.logLevel === undefined ? [] : [describeLevels(rule.logLevel, domain)]),
    describeType(rule, domain),
    enabledText(rule.enabled),
    ...(rule.filter === undefined ? [] : [`[filter: '${rule.filter}']`]),
    ...(rule.exclude === undefined ? [] : [`[exclusions: ${rule.exclude.join(', ')}]`]),
  ].join(' ');
}

function describeType({ probe, type = 'tracepoint' }: RuleDescription, domain: DomainName): string {
  if (probe !== undefined) return describeProbe(probe);
  return isNodeLogger(domain) ? '(type: logger)' : `(type: ${type})`;
}

function describeProbe(probe: Probe): string {
  const end = new Date(probe.expiresAtMs).toISOString();
  const [kind, captured] = 'line' in probe ? ['probe', describeCaptures(probe)] : ['function', 'arguments, result'];
  const limits = probe.limits === undefined ? '' : ` [depth ${probe.limits.depth}, length ${probe.limits.length}]`;
  const isOver = probe.expiresAtMs <= Date.now();
  return `(type: ${kind} ${placeOfProbe(probe)}) [captures: ${captured}]${limits} [${isOver ? 'expired' : 'expires'}: ${end}]`;
}

function describeCaptures({ captures, locals }: LineProbe): string {
  const named = captures.map(({ name, expression }) => `${name} = ${expression}`);
  return [...named, ...(locals === true ? ['locals'] : [])].join(', ') || 'none';
}

function describeLevels({ from, to }: NonNullable<RuleDescription['logLevel']>, domain: DomainName): string {
  const [first, last] = [from, to].map((level) => describeLogLevel(level, domain));
  if (from === to) return `(loglevel == ${last})`;
  if (from === 0) return `(loglevel <= ${last})`;
  return `(${first} <= loglevel <= ${last})`;
}

function enabledText(enabled: boolean): string {
  return enabled ? '[enabled]' : '[disabled]';
}

function statisticsOf(statistics: SessionStatistics): string[] {
  return [
    `    Recorded events:  ${formatCount(statistics.eventsRecorded)}`,
    `    Discarded events: ${formatCount(statistics.eventsDiscarded)}`,
    `    Failed events:    ${formatCount(statistics.eventsFailed)}`,
    `    Nested events:    ${formatCount(statistics.eventsNested)}`,
    `    Lost events:      ${formatCount(statistics.eventsLost)}`,
    `    Lost packets:     ${formatCount(statistics.packetsLost)}`,
    `    Packets:          ${formatCount(statistics.packets)}`,
    `    Data streams:     ${formatCount(statistics.dataStreams)}, ${formatBytes(statistics.bytes)}`,
  ];
}
