import { describeError } from '@ringtail/base';
import {
  type ChannelDescription,
  checkProbe,
  checkTrigger,
  DEFAULT_CHANNEL,
  type DomainDescription,
  type DomainName,
  printable,
  type RuleDescription,
  type SnapshotOutput,
  type TrackedAttribute,
  type TriggerDefinition,
} from '@ringtail/protocol';
import { triggersOf } from '../triggers/parse-trigger.ts';
import { DOMAIN_TYPES, domainOfType, domainType, ownershipIn } from '../xml/domain-elements.ts';
import { MESSAGE_LENGTH_MAX, XmlNode } from '../xml/xml-node.ts';
import { type ContextElement, contextNameOf } from './context-elements.ts';
import { EVENT_TYPES } from './event-types.ts';
import { mapsOf } from './map-elements.ts';
import { memoryOf } from './memory-elements.ts';
import { DEFINITION_ATTRIBUTE, OWN_INSTRUCTION, PROBE_ATTRIBUTE, TRIGGER_INSTRUCTION } from './own-instructions.ts';
import { TRACE_FORMATS } from './print-session-file.ts';
import { retentionOf } from './retention-attributes.ts';
import type { SavedSession } from './saved-session.ts';

export interface SessionFile {
  readonly sessions: readonly SavedSession[];
  /** Triggers of the user who saved the sessions. */
  readonly triggers: readonly TriggerDefinition[];
  /** Parts of the file that Ringtail does not record, in words. */
  readonly warnings: readonly string[];
}

/** Numbers of users and groups by name; undefined for unknown names. */
export interface Accounts {
  userNumber(name: string): number | undefined;
  groupNumber(name: string): number | undefined;
}

/** Accounts without any name. */
const NO_ACCOUNTS: Accounts = { userNumber: () => undefined, groupNumber: () => undefined };

/**
 * Parses sessions that were saved by `ringtail save` or by `lttng save`.
 *
 * Numbers and names are those of the file; the session daemon checks them.
 *
 * @throws {SessionFileError} naming the element that is wrong
 * @see session.xsd of lttng-tools 2.13 to 2.16
 */
export function parseSessionFile(text: string, accounts: Accounts = NO_ACCOUNTS): SessionFile {
  const warnings: string[] = [];
  const root = XmlNode.parse(text, 'sessions');
  const sessions = root.children('session').map((node) => sessionOf(node, accounts, warnings));
  const triggers = [...triggersOf(root, warnings), ...ownTriggersOf(root)];
  return { sessions, triggers, warnings: warnings.map((warning) => printable(warning, MESSAGE_LENGTH_MAX)) };
}

/** Triggers as JSON, which LTTng's elements cannot express. Each is checked like a client's message. */
function ownTriggersOf(root: XmlNode): TriggerDefinition[] {
  return root
    .attributes(TRIGGER_INSTRUCTION, DEFINITION_ATTRIBUTE)
    .map((text) => root.checked(() => checkTrigger(Object(JSON.parse(text))), TRIGGER_INSTRUCTION.slice(1)));
}

function sessionOf(unnamed: XmlNode, accounts: Accounts, warnings: string[]): SavedSession {
  const name = unnamed.requiredText('name');
  const node = unnamed.labelled(name);
  const attributes = node.child('attributes');
  if ((attributes?.integer('live_timer_interval', 0) ?? 0) > 0) {
    warnings.push(`session ${name}: live mode is not supported; it is loaded without`);
  }
  const outputs = node.child('output')?.child('snapshot_outputs');
  const snapshot = attributes?.boolean('snapshot_mode', false) ?? false;
  return {
    name,
    output: snapshot ? null : destinationOf(node.child('output')?.child('consumer_output'), name, warnings),
    shmPath: node.text('shared_memory_path') || null,
    clock: choiceOf(node.attribute(OWN_INSTRUCTION, 'clock'), ['monotonic', 'tsc']),
    snapshot,
    format: formatOf(node),
    active: node.boolean('started', false),
    domains: domainsOf(node.child('domains')?.children('domain') ?? [], name, accounts, warnings),
    snapshotOutputs: (outputs?.children('output') ?? []).flatMap((output, i) =>
      snapshotOutputOf(output, i + 1, name, warnings),
    ),
    rotationSchedule: scheduleOf(attributes?.child('rotation_schedules')),
    retention: retentionOf(node),
  };
}

/** The trace format, from LTTng's element or our instruction. */
function formatOf(session: XmlNode): SavedSession['format'] {
  const format = session.oneOf('trace_format', [...Object.values(TRACE_FORMATS), ''], '');
  if (format !== '') return format === TRACE_FORMATS['ctf-2'] ? 'ctf-2' : 'ctf-1.8';
  return choiceOf(session.attribute(OWN_INSTRUCTION, 'format'), ['ctf-1.8', 'ctf-2']);
}

/** The choice with this text, else the first choice. */
function choiceOf<const Choice extends string>(
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  return choices.find((choice) => choice === text) ?? choices[0];
}

/**
 * The domains of a session: `user` first, then those of the file that have channels or maps. LTTng saves the domains of
 * loggers with every session.
 */
function domainsOf(
  nodes: readonly XmlNode[],
  session: string,
  accounts: Accounts,
  warnings: string[],
): DomainDescription[] {
  const types = nodes.map((node) => node.oneOf('type', DOMAIN_TYPES));
  const user = domainOf('user', nodes[types.indexOf(domainType('user'))], session, accounts, warnings);
  const others = nodes.flatMap((node, at): DomainDescription[] => {
    const domain = domainOfType(types[at] as string);
    if (domain === undefined || domain === 'user') return [];
    try {
      const read = domainOf(domain, node, session, accounts, warnings);
      return read.channels.length + read.maps.length > 0 ? [read] : [];
    } catch (error) {
      warnings.push(`session ${session}: the domain ${types[at]} is left out: ${describeError(error)}`);
      return [];
    }
  });
  return [user, ...others];
}

function domainOf(
  domain: DomainName,
  node: XmlNode | undefined,
  session: string,
  accounts: Accounts,
  warnings: string[],
): DomainDescription {
  return {
    domain,
    channels: node === undefined ? [] : channelsOf(node, domain, session, warnings),
    trackers: {
      vpid: trackerOf(node, 'vpid', () => undefined),
      vuid: trackerOf(node, 'vuid', accounts.userNumber),
      vgid: trackerOf(node, 'vgid', accounts.groupNumber),
    },
    maps: mapsOf(node, session, warnings),
  };
}

function destinationOf(output: XmlNode | undefined, session: string, warnings: string[]): string | null {
  const destination = output?.child('destination');
  if (destination?.child('net_output') !== undefined) {
    warnings.push(`session ${session}: sending over the network is not supported; it is loaded without an output`);
    return null;
  }
  return destination?.text('path') || null;
}

function snapshotOutputOf(node: XmlNode, id: number, session: string, warnings: string[]): SnapshotOutput[] {
  const path = destinationOf(node.child('consumer_output'), session, warnings);
  if (path === null) return [];
  const output = { id, name: node.requiredText('name'), path, maxBytes: node.integer('max_size', 0) || null };
  return [{ ...output, ...(node.child(OWN_INSTRUCTION) !== undefined && { retention: retentionOf(node) }) }];
}

function scheduleOf(node: XmlNode | undefined): SavedSession['rotationSchedule'] {
  return {
    timerUs: node?.child('periodic')?.integer('time_us', 0) || null,
    sizeBytes: node?.child('size_threshold')?.integer('bytes', 0) || null,
  };
}

function trackerOf(
  domain: XmlNode | undefined,
  attribute: TrackedAttribute,
  numberOf: (name: string) => number | undefined,
): readonly number[] | null {
  const former = attribute === 'vpid' ? formerTrackerOf(domain) : null;
  // An attribute may have several elements, whose values are joined.
  const trackers = domain?.child('process_attr_trackers')?.children(`${attribute}_process_attr_tracker`) ?? [];
  if (trackers.length === 0) return former;
  const values = trackers.flatMap((tracker) => tracker.child('process_attr_values')?.children(attribute) ?? []);
  return values.map((value) => {
    const name = value.text('name');
    if (name === undefined) return value.requiredInteger('id');
    return numberOf(name) ?? value.refuse(`nobody here is called ${name}: write a number as id`);
  });
}

/** The process tracker in files of LTTng before 2.12. */
function formerTrackerOf(domain: XmlNode | undefined): readonly number[] | null {
  const targets = domain?.child('trackers')?.child('pid_tracker')?.child('targets');
  return targets?.children('pid_target').map((target) => target.requiredInteger('pid')) ?? null;
}

function channelsOf(node: XmlNode, domain: DomainName, session: string, warnings: string[]): ChannelDescription[] {
  const ownership = ownershipIn(node);
  const channels = node.child('channels')?.children('channel') ?? [];
  return channels.map((channel) => channelOf(channel, { domain, ownership }, session, warnings));
}

function channelOf(
  unnamed: XmlNode,
  { domain, ownership }: { readonly domain: DomainName; readonly ownership: ChannelDescription['ownership'] },
  session: string,
  warnings: string[],
): ChannelDescription {
  const name = unnamed.requiredText('name');
  const node = unnamed.labelled(name);
  const blocking = node.integer('blocking_timeout', 0, -1);
  const own = (attribute: string) => node.attribute(OWN_INSTRUCTION, attribute);
  const reclaim = own('reclaim');
  return {
    name,
    enabled: node.boolean('enabled', true),
    mode: node.oneOf('overwrite_mode', ['DISCARD', 'OVERWRITE'], 'DISCARD') === 'OVERWRITE' ? 'overwrite' : 'discard',
    subBufBytes: node.integer('subbuffer_size', DEFAULT_CHANNEL.subBufBytes, 1),
    subBufCount: node.integer('subbuffer_count', DEFAULT_CHANNEL.subBufCount, 1),
    header: choiceOf(own('header'), ['large', 'compact']),
    blockingTimeoutUs: blocking < 0 ? null : blocking,
    switchTimerUs: node.integer('switch_timer_interval', 0),
    readTimerUs: node.integer('read_timer_interval', 0),
    monitorTimerUs: node.integer('monitor_timer_interval', 0),
    traceFileBytes: node.integer('tracefile_size', 0),
    traceFileCount: node.integer('tracefile_count', 0),
    ownership,
    ...(node.oneOf('output_type', ['MMAP', 'SPLICE'], 'MMAP') === 'SPLICE' && { output: 'splice' }),
    preallocation: choiceOf(own('preallocation'), ['on-demand', 'preallocate']),
    reclaimAfterUs: reclaim !== undefined && /^[0-9]{1,15}$/.test(reclaim) ? Number(reclaim) : null,
    ...memoryOf(node),
    contexts: own('contexts')?.split(' ') ?? contextsOf(node),
    rules: (node.child('events')?.children('event') ?? []).flatMap((event) => ruleOf(event, domain, session, warnings)),
  };
}

/**
 * Contexts of a channel. With per-processor rings, LTTng saves the implied context `cpu_id`, which is left out here.
 */
function contextsOf(channel: XmlNode): string[] {
  const contexts = (channel.child('contexts')?.children('context') ?? []).map(contextOf);
  const isImplied = channel.word('allocation_policy') === 'PER_CPU';
  return contexts.filter((context) => !isImplied || context !== 'cpu_id');
}

function contextOf(node: XmlNode): string {
  const perf = node.child('perf');
  if (perf !== undefined) {
    const counter = { type: perf.integer('type', 0), config: perf.integer('config', 0) };
    return contextNameOf({ perf: { ...counter, name: perf.requiredText('name') } });
  }
  const app = node.child('app');
  const element: ContextElement =
    app === undefined
      ? { type: node.requiredText('type') }
      : { app: { provider_name: app.requiredText('provider_name'), ctx_name: app.requiredText('ctx_name') } };
  return contextNameOf(element);
}

/** Log level of a rule for all levels, with any type of levels, as in LTTng's tracers. */
const ANY_LOG_LEVEL = -1;

function ruleOf(node: XmlNode, domain: DomainName, session: string, warnings: string[]): RuleDescription[] {
  const pattern = node.text('name') ?? '*';
  const type = node.word('type') ?? 'TRACEPOINT';
  const isOfKernel = domain === 'kernel' && (type === EVENT_TYPES.syscall || type === EVENT_TYPES.all);
  if (type !== EVENT_TYPES.tracepoint && type !== EVENT_TYPES.all && !isOfKernel) {
    warnings.push(`session ${session}: the event ${pattern} of type ${type} is not supported and is left out`);
    return [];
  }
  const exclude = node.child('exclusions')?.texts('exclusion') ?? [];
  const levels = node.oneOf('loglevel_type', ['ALL', 'RANGE', 'SINGLE'], 'ALL');
  if (levels !== 'ALL' && node.child('loglevel') === undefined)
    node.labelled(pattern).refuse('lacks the element loglevel');
  const to = node.integer('loglevel', ANY_LOG_LEVEL, ANY_LOG_LEVEL);
  const hasLevels = levels !== 'ALL' && to !== ANY_LOG_LEVEL;
  const from = levels === 'SINGLE' ? to : Number(node.attribute(OWN_INSTRUCTION, 'loglevel-from') ?? 0) || 0;
  const filter = node.text('filter');
  const probe = node.attribute(OWN_INSTRUCTION, PROBE_ATTRIBUTE);
  return [
    {
      pattern,
      enabled: node.boolean('enabled', true),
      ...(isOfKernel && { type: type === EVENT_TYPES.all ? ('all' as const) : ('syscall' as const) }),
      ...(exclude.length > 0 && { exclude }),
      ...(hasLevels && { logLevel: { from, to } }),
      ...(filter !== undefined && { filter }),
      ...(probe !== undefined && { probe: node.labelled(pattern).checked(() => checkProbe(JSON.parse(probe))) }),
    },
  ];
}
